//! The table `alerts`: one row a revision, the message of FORMATS, section 3, as flat columns.
//!
//! Lists are joined by commas; the evidence is the JSON object of the message, as the wire formats write it.

use super::column::{BatchBuilder, Column, Kind, optional, required};
use super::error::LakeError;
use super::names::Table;
use super::writer::Versions;
use crate::domain::alert::Revision;
use arrow::array::RecordBatch;

/// Columns, in the order of the message.
pub(super) const COLUMNS: &[Column] = &[
    required("alert", Kind::Word),
    required("rev", Kind::Long),
    required("op", Kind::Word),
    required("kind", Kind::Word),
    optional("unit", Kind::Word),
    optional("journey", Kind::Word),
    required("subject", Kind::Word),
    optional("plate", Kind::Word),
    optional("trailer", Kind::Word),
    optional("country", Kind::Word),
    required("condition", Kind::Word),
    required("handling", Kind::Word),
    required("priority", Kind::Word),
    required("priority_reason", Kind::Word),
    required("confidence", Kind::Word),
    required("onset", Kind::Time),
    required("raised", Kind::Time),
    optional("ended", Kind::Time),
    required("log_time", Kind::Time),
    required("late", Kind::Flag),
    required("late_by_s", Kind::Long),
    optional("reason", Kind::Word),
    optional("parent", Kind::Word),
    required("children", Kind::Word),
    optional("lat", Kind::Decimal32(9, 6)),
    optional("lon", Kind::Decimal32(9, 6)),
    required("evidence", Kind::Text),
    required("offices_responsible", Kind::Word),
    optional("office_nearest", Kind::Word),
    required("text_tr", Kind::Text),
    required("text_en", Kind::Text),
    required("do_tr", Kind::Text),
    required("do_en", Kind::Text),
    optional("respond_within_min", Kind::Long),
    optional("article", Kind::Word),
    optional("eaeu", Kind::Word),
    optional("ncts_incident", Kind::Word),
    required("rulebook", Kind::Word),
    required("decision", Kind::Long),
    required("engine", Kind::Word),
    required("_partition", Kind::Int),
    required("_offset", Kind::Long),
    required("_timestamp", Kind::Time),
];

/// A revision and its evidence as JSON.
#[derive(Clone, Debug)]
pub(super) struct AlertRow {
    pub revision: Revision,
    pub evidence: String,
}

pub(super) fn batch(rows: &[&AlertRow], versions: &Versions) -> Result<RecordBatch, LakeError> {
    let all = || rows.iter().map(|row| &row.revision);
    let joined = |list: fn(&Revision) -> &Vec<String>| all().map(|row| list(row).join(",")).collect::<Vec<_>>();
    let reasons = joined(|row| &row.priority_reason);
    let children = joined(|row| &row.children);
    let responsible = joined(|row| &row.responsible);
    let list = |texts| <[String]>::iter(texts).map(|text: &String| Some(text.as_str()));
    let mut b = BatchBuilder::new(Table::Alerts.name(), COLUMNS);
    b.texts("alert", all().map(|row| Some(row.alert.as_str())));
    b.numbers("rev", all().map(|row| Some(row.rev.into())));
    b.texts("op", all().map(|row| Some(row.op.name())));
    b.texts("kind", all().map(|row| Some(row.kind.name())));
    b.texts("unit", all().map(|row| row.unit.as_deref()));
    b.texts("journey", all().map(|row| row.journey.as_deref()));
    b.texts("subject", all().map(|row| Some(row.subject.as_str())));
    b.texts("plate", all().map(|row| row.vehicle.plate.as_deref()));
    b.texts("trailer", all().map(|row| row.vehicle.trailer.as_deref()));
    b.texts("country", all().map(|row| row.vehicle.country.as_deref()));
    b.texts("condition", all().map(|row| Some(row.condition.name())));
    b.texts("handling", all().map(|row| Some(row.handling.name())));
    b.texts("priority", all().map(|row| Some(row.priority.name())));
    b.texts("priority_reason", list(&reasons));
    b.texts("confidence", all().map(|row| Some(row.confidence.name())));
    b.numbers("onset", all().map(|row| Some(row.onset)));
    b.numbers("raised", all().map(|row| Some(row.raised)));
    b.numbers("ended", all().map(|row| row.ended));
    b.numbers("log_time", all().map(|row| Some(row.log_time)));
    b.flags("late", all().map(|row| Some(row.late)));
    b.numbers("late_by_s", all().map(|row| Some(row.late_by_s)));
    b.texts("reason", all().map(|row| row.reason.as_deref()));
    b.texts("parent", all().map(|row| row.parent.as_deref()));
    b.texts("children", list(&children));
    b.numbers("lat", all().map(|row| row.position.map(|place| place.lat_e6.into())));
    b.numbers("lon", all().map(|row| row.position.map(|place| place.lon_e6.into())));
    b.texts("evidence", rows.iter().map(|row| Some(row.evidence.as_str())));
    b.texts("offices_responsible", list(&responsible));
    b.texts("office_nearest", all().map(|row| row.nearest.as_deref()));
    b.texts("text_tr", all().map(|row| Some(row.text.tr.as_str())));
    b.texts("text_en", all().map(|row| Some(row.text.en.as_str())));
    b.texts("do_tr", all().map(|row| Some(row.text.do_tr.as_str())));
    b.texts("do_en", all().map(|row| Some(row.text.do_en.as_str())));
    b.numbers("respond_within_min", all().map(|row| row.text.respond_within_min.map(i64::from)));
    b.texts("article", all().map(|row| row.article));
    b.texts("eaeu", all().map(|row| row.eaeu));
    b.texts("ncts_incident", all().map(|row| row.ncts_incident));
    b.texts("rulebook", all().map(|row| Some(row.rulebook.as_str())));
    b.numbers("decision", all().map(|_| Some(versions.decision.into())));
    b.texts("engine", all().map(|_| Some(versions.engine.as_str())));
    b.numbers("_partition", all().map(|row| Some(row.source.partition.into())));
    b.numbers("_offset", all().map(|row| Some(row.source.offset as i64)));
    b.numbers("_timestamp", all().map(|row| Some(row.source.timestamp)));
    b.finish()
}
