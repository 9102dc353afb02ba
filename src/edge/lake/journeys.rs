//! The table `journeys`: a row when a journey opens, closes, is amended or corrected, and at the end of a log.
//!
//! What analysts filter by is a column; the whole declaration is a JSON object, as the wire formats write it.

use super::column::{BatchBuilder, Column, Kind, optional, required};
use super::error::LakeError;
use super::names::Table;
use crate::domain::output::JourneyRow;
use crate::domain::record::{Consignment, CorridorChoice, Offices, Vehicle};
use arrow::array::RecordBatch;

/// Columns.
pub(super) const COLUMNS: &[Column] = &[
    required("journey", Kind::Word),
    required("rev", Kind::Long),
    required("unit", Kind::Word),
    required("event", Kind::Word),
    required("activated", Kind::Time),
    optional("cleared", Kind::Time),
    optional("deactivated", Kind::Time),
    optional("corridor", Kind::Word),
    optional("deadline", Kind::Time),
    optional("risk", Kind::Int),
    optional("mount", Kind::Word),
    optional("plate", Kind::Word),
    optional("trailer", Kind::Word),
    optional("country", Kind::Word),
    optional("mrn", Kind::Word),
    optional("tir_carnet", Kind::Word),
    optional("office_departure", Kind::Word),
    optional("office_destination", Kind::Word),
    required("declaration", Kind::Text),
    optional("outcome", Kind::Word),
    optional("first_fix", Kind::Time),
    optional("last_fix", Kind::Time),
    required("fixes", Kind::Long),
    required("length_m", Kind::Long),
    required("used_s", Kind::Long),
    optional("allowed_s", Kind::Long),
    required("alerts_journal", Kind::Long),
    required("alerts_low", Kind::Long),
    required("alerts_medium", Kind::Long),
    required("alerts_high", Kind::Long),
    required("finding", Kind::Word),
    required("log_time", Kind::Time),
    required("_partition", Kind::Int),
    required("_offset", Kind::Long),
    required("_timestamp", Kind::Time),
];

/// A row and its declaration as JSON.
#[derive(Clone, Debug)]
pub(super) struct Journey {
    pub row: JourneyRow,
    pub declaration: String,
}

pub(super) fn batch(rows: &[&Journey]) -> Result<RecordBatch, LakeError> {
    let all = || rows.iter().map(|journey| &journey.row);
    let vehicle = |part: fn(&Vehicle) -> &Option<String>| {
        all().map(move |row| row.declaration.vehicle.as_ref().and_then(|whole| part(whole).as_deref()))
    };
    let goods = |part: fn(&Consignment) -> &Option<String>| {
        all().map(move |row| row.declaration.consignment.as_ref().and_then(|whole| part(whole).as_deref()))
    };
    let offices = |part: fn(&Offices) -> &Option<String>| {
        all().map(move |row| row.declaration.offices.as_ref().and_then(|whole| part(whole).as_deref()))
    };
    let mut b = BatchBuilder::new(Table::Journeys.name(), COLUMNS);
    b.texts("journey", all().map(|row| Some(row.journey.as_str())));
    b.numbers("rev", all().map(|row| Some(row.rev.into())));
    b.texts("unit", all().map(|row| Some(row.unit.as_str())));
    b.texts("event", all().map(|row| Some(row.event)));
    b.numbers("activated", all().map(|row| Some(row.activated)));
    b.numbers("cleared", all().map(|row| row.cleared));
    b.numbers("deactivated", all().map(|row| row.deactivated));
    b.texts("corridor", all().map(|row| row.declaration.corridor.as_ref().map(corridor_name)));
    b.numbers("deadline", all().map(|row| row.declaration.deadline));
    b.numbers("risk", all().map(|row| row.declaration.risk.map(i64::from)));
    b.texts("mount", all().map(|row| row.declaration.mount.map(|mount| mount.name())));
    b.texts("plate", vehicle(|whole| &whole.plate));
    b.texts("trailer", vehicle(|whole| &whole.trailer));
    b.texts("country", vehicle(|whole| &whole.country));
    b.texts("mrn", goods(|whole| &whole.mrn));
    b.texts("tir_carnet", goods(|whole| &whole.tir_carnet));
    b.texts("office_departure", offices(|whole| &whole.departure));
    b.texts("office_destination", offices(|whole| &whole.destination));
    b.texts("declaration", rows.iter().map(|journey| Some(journey.declaration.as_str())));
    b.texts("outcome", all().map(|row| row.outcome.as_deref()));
    b.numbers("first_fix", all().map(|row| row.first_fix));
    b.numbers("last_fix", all().map(|row| row.last_fix));
    b.numbers("fixes", all().map(|row| Some(row.fixes as i64)));
    b.numbers("length_m", all().map(|row| Some(row.length_m)));
    b.numbers("used_s", all().map(|row| Some(row.used_s)));
    b.numbers("allowed_s", all().map(|row| row.allowed_s));
    let [journal, low, medium, high] = [0, 1, 2, 3].map(|index| all().map(move |row| Some(row.alerts[index].into())));
    b.numbers("alerts_journal", journal);
    b.numbers("alerts_low", low);
    b.numbers("alerts_medium", medium);
    b.numbers("alerts_high", high);
    b.texts("finding", all().map(|row| Some(row.finding)));
    b.numbers("log_time", all().map(|row| Some(row.log_time)));
    b.numbers("_partition", all().map(|row| Some(row.source.partition.into())));
    b.numbers("_offset", all().map(|row| Some(row.source.offset as i64)));
    b.numbers("_timestamp", all().map(|row| Some(row.source.timestamp)));
    b.finish()
}

fn corridor_name(choice: &CorridorChoice) -> &str {
    match choice {
        CorridorChoice::Id(id) => id,
        CorridorChoice::Inline(_) => "inline",
    }
}
