//! Raw records of one partition, in one piece of memory.

/// A record as it came, by places in its batch's bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raw {
    /// Offset.
    pub offset: u64,
    /// Timestamp, epoch milliseconds.
    pub timestamp: i64,
    key: Option<(u32, u32)>,
    value: Option<(u32, u32)>,
    /// Headers; most records have none.
    pub headers: Vec<(String, Vec<u8>)>,
}

/// See the module. Offsets ascend, with gaps where the log has markers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Partition.
    pub partition: u32,
    bytes: Vec<u8>,
    records: Vec<Raw>,
}

impl Batch {
    /// An empty batch.
    pub fn new(partition: u32) -> Batch {
        Batch { partition, ..Batch::default() }
    }

    /// Appends a record.
    pub fn push(&mut self, offset: u64, timestamp: i64, key: Option<&[u8]>, value: Option<&[u8]>) -> &mut Raw {
        let key = key.map(|k| self.keep(k));
        let value = value.map(|v| self.keep(v));
        let at = self.records.len();
        self.records.push(Raw { offset, timestamp, key, value, headers: Vec::new() });
        &mut self.records[at]
    }

    fn keep(&mut self, bytes: &[u8]) -> (u32, u32) {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        (start, self.bytes.len() as u32)
    }

    /// The records.
    pub fn records(&self) -> &[Raw] {
        &self.records
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Bytes of keys and values.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// First offset behind it.
    pub fn next(&self) -> Option<u64> {
        self.records.last().map(|r| r.offset + 1)
    }

    /// The key of a record.
    pub fn key(&self, record: &Raw) -> Option<&[u8]> {
        record.key.map(|(from, to)| &self.bytes[from as usize..to as usize])
    }

    /// The value of a record.
    pub fn value(&self, record: &Raw) -> Option<&[u8]> {
        record.value.map(|(from, to)| &self.bytes[from as usize..to as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_gives_back_what_was_put_in() {
        let mut batch = Batch::new(3);
        batch.push(7, 1, Some(b"u"), Some(b"one"));
        batch.push(9, 2, None, None).headers.push(("h".to_owned(), vec![1]));
        let records = batch.records();
        assert_eq!((batch.key(&records[0]), batch.value(&records[0])), (Some(&b"u"[..]), Some(&b"one"[..])));
        assert_eq!((batch.key(&records[1]), batch.value(&records[1])), (None, None));
        assert_eq!((batch.len(), batch.next(), batch.bytes()), (2, Some(10), 4));
    }
}
