//! The cluster that a vehicle left a moment ago: its end is published when nothing can return to it any more. What comes
//! back goes on with it; a jump puts it aside.

use super::super::codec::state;
use super::super::episode::{EndReason, Measure};
use super::super::plan::Plan;
use super::super::position::Position;
use super::super::time::{MINUTE, Millis, SECOND};
use super::gate::Sighting;
use super::state::{MachineMut, NONE};
use super::stop::{FAST_MPS, Stop, StopSide, centre_position};

/// So long a parked vehicle may seem to be elsewhere: multipath, or a run of outliers at sparse reports. Nobody drives away
/// and back to the same place without ever being seen to drive.
const ELSEWHERE: Millis = 12 * MINUTE;

/// A cluster that was left a moment ago.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Left {
    /// Its first centre.
    pub origin: Position,
    /// Its begin.
    pub t0: Millis,
    /// Its last fix inside.
    pub t_in: Millis,
    /// Its episode, whose end is not yet published, or [`NONE`].
    pub seq: u32,
    /// Its halt, likewise.
    pub halt: u32,
}
state!(Left { origin, t0, t_in, seq, halt });

impl MachineMut<'_> {
    /// How long after its last fix inside a cluster may still be returned to: `merge_s`, and longer while nothing was fast.
    pub(super) fn return_window(&self, plan: &Plan) -> Millis {
        let merge = plan.rules.settings().unusual_stop.merge_s * SECOND;
        if self.hot.stop.fast == 0 { merge.max(ELSEWHERE) } else { merge }
    }

    /// The cluster that was left, if something of it is still to be published.
    pub(super) fn pending_left(&self) -> Option<Left> {
        self.side.stop.left.filter(|left| left.seq != NONE || left.halt != NONE)
    }

    /// A slow fix at the place that was left, `d` from the centre of the cluster since: no excursion from that one.
    pub(super) fn comes_back(&self, plan: &Plan, fix: &Sighting, d: f64) -> bool {
        let Some(left) = self.side.stop.left else { return false };
        let merge_m = plan.rules.settings().unusual_stop.merge_m;
        let away = left.origin.distance_m(fix.position);
        away <= merge_m
            && away < d
            // Who is back already joins, though each fix be nearer to the old place than the one before.
            && left.origin.distance_m(centre_position(self.hot.stop.centre)) > merge_m
            && self.hot.stop.fast < 2
            && fix.speed_mps().is_some_and(|v| v <= FAST_MPS)
            && fix.time - left.t_in <= self.return_window(plan)
    }

    /// What can no longer be returned to ends at once.
    pub(super) fn forget_left(&mut self, plan: &Plan, now: Millis) {
        let window = self.return_window(plan);
        let gone = |left: &Left| self.hot.stop.fast >= 2 || now - left.t_in > window;
        if self.pending_left().is_some_and(|left| gone(&left)) {
            self.end_left();
        }
    }

    /// Ends the running cluster and begins one at `fix`. `returns`: it lies where the cluster before this one had been left,
    /// which then was the place all the time.
    pub(super) fn leave_cluster(&mut self, plan: &Plan, fix: &Sighting, sigma: f64, returns: bool) {
        let stop = self.hot.stop;
        let StopSide { extrapolated, origin, halt, .. } = self.side.stop;
        if stop.seq != NONE && extrapolated {
            // A timer said so, and the next fix does not bear it out.
            self.side.book.withdraw(stop.seq);
        }
        let seq = if extrapolated { NONE } else { stop.seq };
        // A run of outliers is no stop: it must not take the place of the one to which the vehicle has returned, nor of a
        // longer one to which it may.
        let window = self.return_window(plan);
        let longer = |left: Left| fix.time - left.t_in <= window && stop.t_in - stop.t0 < left.t_in - left.t0;
        if returns || seq == NONE && self.side.stop.left.is_some_and(longer) {
            self.end_at(stop.t_in, [seq, halt]);
        } else if stop.n >= 2 && stop.t_in - stop.t0 >= 60 * SECOND || seq != NONE {
            self.end_left();
            self.side.stop.left = Some(Left { origin, t0: stop.t0, t_in: stop.t_in, seq, halt });
            self.hot.stop.fast = 0;
        }
        self.start_cluster(plan, fix, sigma);
    }

    /// The track is resumed where a jump had left it: what stood there is standing still, what was found over there ends.
    pub(super) fn resume_stop(&mut self) {
        let Some((stop, side)) = self.side.before_jump.take().map(|aside| *aside) else { return };
        let kept = stop_episodes(&stop, &side);
        let (now, now_side) = (self.hot.stop, self.side.stop);
        for seq in stop_episodes(&now, &now_side).into_iter().filter(|seq| *seq != NONE && !kept.contains(seq)) {
            self.side.book.close(seq, now.t_in, EndReason::Over, |_| {});
        }
        // What ended meanwhile goes on. A new episode would have the begin of the old one, and so its identity.
        let mut goes_on = |seq: u32| if self.side.book.go_on(seq) { seq } else { NONE };
        let (seq, halt) = (goes_on(stop.seq), goes_on(side.halt));
        let left = side.left.map(|l| Left { seq: goes_on(l.seq), halt: goes_on(l.halt), ..l });
        self.hot.stop = Stop { seq, ..stop };
        self.side.stop = StopSide { halt, left, ..side };
        self.resume_unloading(&kept);
        self.side.book.hold_back([]);
    }

    /// A jump leaves the track: what stands there is put aside until the track is resumed.
    pub(super) fn put_stop_aside(&mut self) {
        self.side.before_jump = Some(Box::new((self.hot.stop, self.side.stop)));
        let episodes = stop_episodes(&self.hot.stop, &self.side.stop);
        let suspicions: Vec<u32> = self.suspicions_of(&episodes).collect();
        self.side.book.hold_back(episodes.into_iter().chain(suspicions));
    }

    /// The new track is the track: nothing goes back to the old one.
    pub(super) fn give_up_stop_aside(&mut self) {
        self.side.before_jump = None;
        self.side.book.hold_back([]);
    }

    /// Publishes the end of the cluster that was left: with its last fix inside.
    pub(super) fn end_left(&mut self) {
        if let Some(left) = self.side.stop.left.take() {
            self.end_at(left.t_in, [left.seq, left.halt]);
        }
    }

    fn end_at(&mut self, t_in: Millis, episodes: [u32; 2]) {
        for seq in episodes {
            self.side.book.close(seq, t_in, EndReason::Over, |e| {
                e.set(Measure::DurationS, (t_in - e.onset).max(0) / 1000);
            });
        }
    }

    /// Two fixes about its first centre, and it is the same stop.
    pub(super) fn merge_cluster(&mut self, plan: &Plan) {
        let settings = &plan.rules.settings().unusual_stop;
        let stop = &self.hot.stop;
        let Some(left) = self.side.stop.left else { return };
        let returned = stop.n >= 2
            && stop.fast < 2
            // Who comes back rests; who drives off passes the same place once more.
            && f64::from(stop.speed_before) <= FAST_MPS * 100.0
            && stop.t_in - left.t_in <= self.return_window(plan)
            && stop.t_in > left.t_in
            && centre_position(stop.centre).distance_m(left.origin) <= settings.merge_m;
        if returned {
            self.hot.stop.t0 = left.t0;
            self.side.stop.origin = left.origin;
            self.side.stop.fresh = false;
            self.hot.stop.seq = left.seq;
            self.side.stop.halt = left.halt;
            self.side.stop.left = None;
        }
    }
}

/// Every episode of a cluster and of the one left before it, [`NONE`] where there is none.
fn stop_episodes(stop: &Stop, side: &StopSide) -> [u32; 4] {
    let left = |seq: fn(Left) -> u32| side.left.map_or(NONE, seq);
    [stop.seq, side.halt, left(|l| l.seq), left(|l| l.halt)]
}
