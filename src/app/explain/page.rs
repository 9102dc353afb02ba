//! The explanation as one HTML page: no script, nothing loaded, the picture inside.

use super::account::Account;
use super::document::Block;
use crate::edge::map::{Language, page::markup};

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;margin:1.5rem auto;max-width:76rem;padding:0 1rem;color:#1d2733}\
h1{font-size:1.3rem}h2{font-size:1.05rem;margin-top:1.6rem}table{border-collapse:collapse;font-size:12.5px;display:block;overflow-x:auto}\
td,th{border-bottom:1px solid #d6dde4;padding:.2rem .6rem;text-align:left;white-space:nowrap}svg{max-width:100%;height:auto}";

/// Writes the page.
pub(super) fn render(account: &Account, blocks: &[Block], svg: &str, lang: Language) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{} {}</title><style>{STYLE}</style></head><body>\n",
        lang.code(),
        markup(&account.kind),
        markup(&account.alert)
    );
    let mut level = 1;
    for block in blocks {
        match block {
            Block::Heading(text) => {
                out += &format!("<h{level}>{}</h{level}>\n", markup(text));
                level = 2;
            }
            Block::Line(text) => out += &format!("<p>{}</p>\n", markup(text)),
            Block::Picture => out += svg,
            Block::Table(head, rows) => {
                out += "<table>";
                if !head.is_empty() {
                    let cells: String = head.iter().map(|cell| format!("<th>{}</th>", markup(cell))).collect();
                    out += &format!("<tr>{cells}</tr>");
                }
                for row in rows {
                    let cells: String = row.iter().map(|cell| format!("<td>{}</td>", markup(cell))).collect();
                    out += &format!("<tr>{cells}</tr>");
                }
                out += "</table>\n";
            }
        }
    }
    out + "</body></html>\n"
}
