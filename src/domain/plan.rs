//! A journey's declaration compiled against a rulebook: what its detectors compare the track with.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

pub use super::course::{Course, DeclaredDetour, Detour, PlanCorridor};
use super::record::{CorridorChoice, Declaration, Mount, Offices};
use super::rules::Rules;
use super::time::Millis;

/// See the module. What journeys have in common lies once in memory, and is read through it.
#[derive(Clone, Debug)]
pub struct Plan {
    course: Arc<Course>,
    /// Instant by which the journey must end, where one was declared.
    deadline: Option<Millis>,
    /// What was declared, amendments included.
    pub declaration: Arc<Declaration>,
}

impl Deref for Plan {
    type Target = Course;

    fn deref(&self) -> &Course {
        &self.course
    }
}

/// Courses by what they follow from; whose journeys are all over are let go now and then.
#[derive(Default)]
pub struct Courses {
    known: BTreeMap<Key, Arc<Course>>,
    /// They are looked through when there are so many.
    sweep_at: usize,
}

/// What a course follows from, where nothing was drawn for one journey alone. A rulebook stays where it is in memory as long
/// as a course of it is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    rules: usize,
    corridor: Option<String>,
    mount: Mount,
    risk: Option<u8>,
    interval: Option<Millis>,
    offices: Option<Offices>,
}

impl Courses {
    fn of(&mut self, rules: &Arc<Rules>, declared: &Declaration, detours: &[DeclaredDetour]) -> Arc<Course> {
        let corridor = match &declared.corridor {
            None => None,
            Some(CorridorChoice::Id(id)) => Some(id.clone()),
            Some(CorridorChoice::Inline(_)) => return Arc::new(Course::compile(rules, declared, detours)),
        };
        if !detours.is_empty() {
            return Arc::new(Course::compile(rules, declared, detours));
        }
        let key = Key {
            rules: Arc::as_ptr(rules) as usize,
            corridor,
            mount: declared.mount.unwrap_or_default(),
            risk: declared.risk,
            interval: declared.interval_ms,
            offices: declared.offices.clone(),
        };
        if let Some(course) = self.known.get(&key) {
            return Arc::clone(course);
        }
        if self.known.len() >= self.sweep_at {
            self.known.retain(|_, course| Arc::strong_count(course) > 1);
            self.sweep_at = 1_024.max(2 * self.known.len());
        }
        let course = Arc::new(Course::compile(rules, declared, detours));
        self.known.insert(key, Arc::clone(&course));
        course
    }
}

impl Plan {
    /// Compiles a declaration. The flag tells whether it names a corridor that the rulebook lacks.
    pub fn compile(
        rules: &Arc<Rules>,
        declaration: &Arc<Declaration>,
        detours: &[DeclaredDetour],
        courses: &mut Courses,
    ) -> (Plan, bool) {
        let course = courses.of(rules, declaration, detours);
        let unknown = declaration.corridor.is_some() && course.corridor.is_none();
        (Plan { course, deadline: declaration.deadline, declaration: Arc::clone(declaration) }, unknown)
    }

    /// The end of the time allowed, for a departure.
    pub fn limit(&self, departed: Millis) -> Option<Millis> {
        self.deadline.or_else(|| self.corridor.as_ref().and_then(|c| c.time_limit).map(|allowed| departed + allowed))
    }
}

/// What an amendment makes of a declaration: given fields replace, the others stay.
pub fn amended(declared: &Declaration, changes: &Declaration) -> Declaration {
    let Declaration { corridor, deadline, interval_ms, risk, mount, vehicle, consignment, offices, continues, note } =
        changes.clone();
    let old = declared.clone();
    Declaration {
        corridor: corridor.or(old.corridor),
        deadline: deadline.or(old.deadline),
        interval_ms: interval_ms.or(old.interval_ms),
        risk: risk.or(old.risk),
        mount: mount.or(old.mount),
        vehicle: vehicle.or(old.vehicle),
        consignment: consignment.or(old.consignment),
        offices: offices.or(old.offices),
        continues: continues.or(old.continues),
        note: note.or(old.note),
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::Vehicle;
    use super::super::rulebook::Rulebook;
    use super::super::rulebook::source::Source;
    use super::*;

    fn rules() -> Arc<Rules> {
        let book = Rulebook::compile(Source { sha256: "0".repeat(64), ..Source::default() });
        Rules::new(book.unwrap_or_else(|faults| panic!("{faults:?}")))
    }

    #[test]
    fn journeys_alike_share_a_course_whoever_drives() {
        let (rules, mut courses) = (rules(), Courses::default());
        let mut plan = |declared: &Declaration| Plan::compile(&rules, &Arc::new(declared.clone()), &[], &mut courses).0;
        let plain = Declaration { interval_ms: Some(30_000), ..Declaration::default() };
        let vehicle = Some(Vehicle { plate: Some("34 ABC 1".into()), ..Vehicle::default() });
        let one = plan(&Declaration { vehicle, deadline: Some(5), ..plain.clone() });
        let other = plan(&plain);
        assert!(Arc::ptr_eq(&one.course, &other.course));
        assert_eq!((one.limit(1), other.limit(1)), (Some(5), None));
        let offices = Some(Offices { departure: Some("TR000001".into()), ..Offices::default() });
        for unlike in [
            Declaration { interval_ms: Some(60_000), ..plain.clone() },
            Declaration { risk: Some(2), ..plain.clone() },
            Declaration { mount: Some(Mount::TrailerUnder), ..plain.clone() },
            Declaration { corridor: Some(CorridorChoice::Id("c".into())), ..plain.clone() },
            Declaration { offices, ..plain.clone() },
        ] {
            assert!(!Arc::ptr_eq(&plan(&unlike).course, &other.course), "{unlike:?}");
        }
    }

    #[test]
    fn courses_of_nobody_are_let_go() {
        let (rules, mut courses) = (rules(), Courses::default());
        let mut kept = Vec::new();
        for interval in 0..5_000 {
            let declared = Declaration { interval_ms: Some(interval), ..Declaration::default() };
            let (plan, unknown) = Plan::compile(&rules, &Arc::new(declared), &[], &mut courses);
            assert!(!unknown);
            if interval % 100 == 0 {
                kept.push(plan);
            }
        }
        assert!(courses.known.len() <= 1_024 + kept.len(), "{}", courses.known.len());
    }
}
