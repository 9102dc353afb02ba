//! Places where a test ends, freezes or delays the process, and guards that it may switch off: in debug builds only.
//!
//! `KERVAN_FAIL=abort@committed:2,sleep=8000@restored` acts when a step is reached (for the second time; `:n` is 1 where it is
//! missing). Actions: `abort`, `stop` (SIGSTOP, as a paused machine), `sleep=MILLISECONDS`. `KERVAN_UNSAFE=guard,renew` switches
//! guards off, for tests that must then fail. A release build has neither: [`reach`] and [`guarded`] are empty there.

/// The steps by name, in the order of one publication (DELIVERY 2.1), then of one recovery (2.2).
pub const STEPS: [&str; 16] = [
    "flushing",     // before anything is staged
    "staged",       // table files durable, not named by anybody
    "checkpointed", // the checkpoint object is durable, no commit names it
    "begun",        // the transaction is open
    "sent",         // records handed over, not drained
    "drained",      // the broker has the records
    "offsets",      // the offsets are in the transaction
    "committed",    // the publication has happened, its files have not moved
    "renamed",      // files have their final names, no manifest names them
    "published",    // files and manifest are in place
    "swept",        // old checkpoints are gone
    "asked",        // recovery: the commit is known
    "rolled",       // recovery: the publication that the commit names is complete
    "surveyed",     // recovery: what nobody names is noted; it goes after the first commit
    "restored",     // recovery: the state is loaded
    "assigned",     // recovery: reading begins
];

/// Guards by name that `KERVAN_UNSAFE` may switch off.
pub const GUARDS: [&str; 5] = [
    "guard",   // guard G before each commit (DELIVERY 3.3)
    "fence",   // offsets are committed as the member that we are: Kafka checks its generation
    "resolve", // an unknown outcome is found out, not taken for a failure (3.4)
    "renew",   // the producer is renewed after a slow commit (3.4)
    "start",   // K is compared with the first offset that Kafka still has (2.2)
];

#[cfg(debug_assertions)]
pub use armed::{guarded, reach};
#[cfg(not(debug_assertions))]
pub use idle::{guarded, reach};

#[cfg(debug_assertions)]
mod armed {
    use super::{GUARDS, STEPS};
    use std::process::Command;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[derive(Debug, PartialEq, Eq)]
    enum Action {
        Abort,
        Stop,
        Sleep(Duration),
    }

    #[derive(Debug)]
    struct Plan {
        action: Action,
        step: String,
        /// Times the step is still to be reached.
        left: AtomicUsize,
    }

    impl Plan {
        fn parse(text: &str) -> Option<Plan> {
            let (action, place) = text.split_once('@')?;
            let (step, times) = place.split_once(':').unwrap_or((place, "1"));
            let action = match action.split_once('=') {
                None if action == "abort" => Action::Abort,
                None if action == "stop" => Action::Stop,
                Some(("sleep", ms)) => Action::Sleep(Duration::from_millis(ms.parse().ok()?)),
                _ => return None,
            };
            let left = times.parse().ok().filter(|left| *left > 0)?;
            STEPS.contains(&step).then(|| Plan { action, step: step.to_owned(), left: AtomicUsize::new(left) })
        }

        /// Whether this is the time.
        fn due(&self, step: &str) -> bool {
            let fewer = |left: usize| left.checked_sub(1);
            self.step == step && self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer) == Ok(1)
        }
    }

    /// A step is reached.
    pub fn reach(step: &'static str) {
        static PLANS: OnceLock<Vec<Plan>> = OnceLock::new();
        debug_assert!(STEPS.contains(&step), "{step} is no step");
        let plans = PLANS.get_or_init(|| {
            let text = std::env::var("KERVAN_FAIL").unwrap_or_default();
            let plan = |part: &str| Plan::parse(part).or_else(|| say(&format!("KERVAN_FAIL: {part} is no plan")));
            text.split(',').filter(|part| !part.is_empty()).filter_map(plan).collect()
        });
        for plan in plans.iter().filter(|plan| plan.due(step)) {
            say::<()>(&format!("{:?} at {step}, as KERVAN_FAIL says", plan.action));
            match plan.action {
                Action::Abort => std::process::abort(),
                Action::Sleep(time) => std::thread::sleep(time),
                Action::Stop => {
                    let own = std::process::id().to_string();
                    if Command::new("kill").args(["-STOP", &own]).status().is_err() {
                        std::process::abort();
                    }
                }
            }
        }
    }

    /// Whether a guard is on.
    pub fn guarded(guard: &'static str) -> bool {
        static OFF: OnceLock<String> = OnceLock::new();
        debug_assert!(GUARDS.contains(&guard), "{guard} is no guard");
        let off = OFF.get_or_init(|| std::env::var("KERVAN_UNSAFE").unwrap_or_default());
        !off.split(',').any(|name| name == guard)
    }

    fn say<T>(what: &str) -> Option<T> {
        eprintln!("failpoint: {what}");
        None
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_plan_is_an_action_at_a_step_at_its_nth_time() {
            let plan = Plan::parse("sleep=250@committed:2").expect("a plan"); // written just here
            assert_eq!(plan.action, Action::Sleep(Duration::from_millis(250)));
            assert!(!plan.due("staged") && !plan.due("committed"));
            assert!(plan.due("committed") && !plan.due("committed"), "once, at the second time");
            assert!(Plan::parse("abort@begun").is_some_and(|plan| plan.due("begun")));
            for wrong in ["abort", "abort@nowhere", "stop@begun:0", "sleep@begun", "fly@begun"] {
                assert!(Plan::parse(wrong).is_none(), "{wrong}");
            }
        }
    }
}

#[cfg(not(debug_assertions))]
mod idle {
    /// Nothing happens.
    pub fn reach(_step: &'static str) {}

    /// Every guard is on.
    pub fn guarded(_guard: &'static str) -> bool {
        true
    }
}
