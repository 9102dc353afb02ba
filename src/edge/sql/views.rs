//! Views: of revisions, the newest.

/// A table of revisions and the view that shows the newest of each.
pub struct Latest {
    /// The table in the lake.
    pub table: &'static str,
    /// Under which name all its revisions are shown.
    pub revisions: &'static str,
    /// Under which name the newest are shown.
    pub view: &'static str,
    /// What a revision is a revision of.
    pub key: &'static str,
}

/// The views there are.
pub const LATEST: [Latest; 2] = [
    Latest { table: "alerts", revisions: "alerts", view: "alerts_latest", key: "alert" },
    Latest { table: "journeys", revisions: "journey_revisions", view: "journeys", key: "journey" },
];

/// The name under which a table of the lake is shown.
pub fn shown_name(table: &str) -> &str {
    LATEST.iter().find(|latest| latest.table == table).map_or(table, |latest| latest.revisions)
}

impl Latest {
    /// The view as a query. `DISTINCT ON` keeps the first row of each key, and columns that nobody asks for are not read.
    pub fn query(&self) -> String {
        let Latest { revisions, key, .. } = self;
        format!("SELECT DISTINCT ON ({key}) * FROM {revisions} ORDER BY {key}, rev DESC")
    }
}
