//! S3-compatible storage. A PUT is atomic and durable; `If-None-Match: *` keeps a name from being used twice.
//!
//! Address and keys come from the environment (`AWS_ENDPOINT`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, ...), as everywhere, or
//! from the configuration.

use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, RetryConfig};
use tokio::runtime::{Builder, Runtime};

use super::{Store, StoreError};

/// See the module.
#[derive(Debug)]
pub struct S3Store {
    store: AmazonS3,
    name: String,
    prefix: String,
    runtime: Runtime,
}

impl S3Store {
    /// A bucket, with the settings of the environment and `options` over them.
    ///
    /// # Errors
    /// Where they do not do.
    pub fn new(bucket: &str, prefix: &str, options: &[(String, String)]) -> Result<S3Store, StoreError> {
        let name = format!("s3://{bucket}/{prefix}");
        let failed = |message: String| StoreError::Unreadable { name: String::new(), store: name.clone(), message };
        // A store that is away must be noticed, not waited for: the lane tries again, and says so meanwhile.
        let retry = RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(20), ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry);
        for (key, value) in options {
            let key = key.parse::<AmazonS3ConfigKey>().map_err(|error| failed(error.to_string()))?;
            builder = builder.with_config(key, value);
        }
        let store = builder.build().map_err(|error| failed(error.to_string()))?;
        // Calls come from threads of lanes, one at a time each: a small runtime of its own serves them.
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| failed(error.to_string()))?;
        Ok(S3Store { store, name, prefix: prefix.to_owned(), runtime })
    }

    fn path(&self, name: &str) -> Path {
        Path::from(format!("{}/{name}", self.prefix))
    }

    fn unreadable(&self, name: &str, error: &object_store::Error) -> StoreError {
        StoreError::Unreadable { name: name.to_owned(), store: self.name.clone(), message: error.to_string() }
    }

    fn unwritable(&self, name: &str, error: &object_store::Error) -> StoreError {
        StoreError::Unwritable { name: name.to_owned(), store: self.name.clone(), message: error.to_string() }
    }
}

impl Store for S3Store {
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.path(name);
        let payload = Bytes::copy_from_slice(bytes).into();
        let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.runtime.block_on(self.store.put_opts(&path, payload, create)) {
            Ok(_) => Ok(()),
            // Ours, where an answer was lost and the client asked again.
            Err(object_store::Error::AlreadyExists { .. }) if self.get(name)?.as_deref() == Some(bytes) => Ok(()),
            Err(object_store::Error::AlreadyExists { .. }) => {
                Err(StoreError::Taken { name: name.to_owned(), store: self.name.clone() })
            }
            Err(error) => Err(self.unwritable(name, &error)),
        }
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(name);
        let read = async { self.store.get(&path).await?.bytes().await };
        match self.runtime.block_on(read) {
            Ok(bytes) => Ok(Some(bytes.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.unreadable(name, &error)),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let path = self.path(folder);
        let found: Result<Vec<_>, _> = self.runtime.block_on(self.store.list(Some(&path)).try_collect());
        let found = found.map_err(|error| self.unreadable(folder, &error))?;
        let prefix = format!("{}/", self.prefix);
        let own = |location: &str| location.strip_prefix(&prefix).unwrap_or(location).to_owned();
        let mut names: Vec<String> = found.iter().map(|meta| own(meta.location.as_ref())).collect();
        names.sort_unstable();
        Ok(names)
    }

    fn remove(&self, name: &str) -> Result<(), StoreError> {
        match self.runtime.block_on(self.store.delete(&self.path(name))) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.unwritable(name, &error)),
        }
    }
}
