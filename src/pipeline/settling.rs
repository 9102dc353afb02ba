//! A shipment whose outcome is not known yet.
//!
//! While a broker is away nothing is guessed and nothing is thrown away: the shipment stays, the loop goes on serving its
//! group, and now and then it asks again.

use std::time::Duration;

use crate::delivery::transaction::{Limits, Resolution};
use crate::delivery::{Fault, Shipment, Transactions, resolve};

/// See the module.
pub struct Settling {
    /// What was sent; `None` where only the producer must be renewed.
    pub shipment: Option<Shipment>,
    next_try: Duration,
}

/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(500);

impl Settling {
    /// Something to find out.
    pub fn new(shipment: Option<Shipment>, now: Duration) -> Settling {
        Settling { shipment, next_try: now }
    }

    /// Whether it is time to ask.
    pub fn due(&self, now: Duration) -> bool {
        now >= self.next_try
    }

    /// Asks.
    ///
    /// # Errors
    /// Where there is no answer yet.
    pub fn ask(&mut self, txn: &mut dyn Transactions, limits: &Limits) -> Result<Resolution, Fault> {
        let nothing = Shipment::default();
        let answer = resolve(txn, self.shipment.as_ref().unwrap_or(&nothing), limits);
        if answer.is_err() {
            self.next_try = txn.now() + PAUSE;
        }
        answer
    }
}
