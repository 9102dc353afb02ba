//! What identifies an alert: journey, unit, kind, subject and onset (FORMATS, section 3).

use super::alert::Kind;
use super::episode::Episode;
use super::time::Millis;

/// Who and when: what identifies an alert of this journey.
#[derive(Clone, Copy, Debug)]
pub struct Speaker<'a> {
    /// Journey id.
    pub journey: &'a str,
    /// Unit id.
    pub unit: &'a str,
    /// The log clock of this revision.
    pub log_time: Millis,
    /// After how long a finding counts as late, seconds.
    pub stale_after_s: i64,
}

impl Speaker<'_> {
    pub(super) fn id(&self, episode: &Episode) -> String {
        alert_id(self.journey, self.unit, episode.kind, &episode.subject, episode.onset)
    }
}

/// The id of FORMATS, section 3: 128 bits of BLAKE3 over journey, unit, kind, subject and onset.
pub fn alert_id(journey: &str, unit: &str, kind: Kind, subject: &str, onset: Millis) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [journey, unit, kind.name(), subject] {
        hasher.update(part.as_bytes()).update(&[0]);
    }
    hasher.update(&onset.to_be_bytes());
    hasher.finalize().as_bytes()[..16].iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identity_is_the_one_of_the_contract() {
        let bytes = [&b"J-17\0U\0silence\0unit\0"[..], &[0; 8]].concat();
        let wanted: String = blake3::hash(&bytes).to_hex()[..32].to_owned();
        let id = alert_id("J-17", "U", Kind::Silence, "unit", 0);
        assert_eq!(id, wanted);
        assert_eq!(id.len(), 32);
        assert_ne!(id, alert_id("J-17", "U", Kind::Silence, "unit", 1));
        assert_ne!(alert_id("a", "bc", Kind::Silence, "unit", 0), alert_id("ab", "c", Kind::Silence, "unit", 0));
    }
}
