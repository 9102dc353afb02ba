//! The interactive page: a template, a style, scripts and the scene, written one after the other.
//!
//! The template is cut at its marks; what is filled in is never searched for marks, so no text of a scene can open another.

use super::json;
use super::scene::Scene;
use std::io::{self, Write};

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// In the order in which they are read; each uses only what stands above it, except inside functions.
const SCRIPTS: &[&str] = &[
    include_str!("script/words.js"),
    include_str!("script/kinds.js"),
    include_str!("script/scene.js"),
    include_str!("script/view.js"),
    include_str!("script/state.js"),
    include_str!("script/ground.js"),
    include_str!("script/labels.js"),
    include_str!("script/tracks.js"),
    include_str!("script/marks.js"),
    include_str!("script/pointing.js"),
    include_str!("script/lists.js"),
    include_str!("script/card.js"),
    include_str!("script/clock.js"),
    include_str!("script/page.js"),
];

/// Writes the page as UTF-8 HTML.
///
/// ```
/// use kervan::edge::map::{Scene, render};
/// let mut page = Vec::new();
/// render(&Scene { title: "Edirne".into(), ..Scene::default() }, &mut page)?;
/// assert!(page.starts_with(b"<!doctype html>"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// Those of `out`.
pub fn render(scene: &Scene, out: &mut dyn Write) -> io::Result<()> {
    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once("<!--{") {
        let (mark, after) = after.split_once("}-->").unwrap_or((after, ""));
        out.write_all(before.as_bytes())?;
        match mark {
            "lang" => out.write_all(scene.language.code().as_bytes())?,
            "title" => out.write_all(markup(&scene.title).as_bytes())?,
            "style" => out.write_all(STYLE.as_bytes())?,
            "scene" => json::write(scene, out)?,
            _ => SCRIPTS.iter().try_for_each(|script| out.write_all(script.as_bytes()))?,
        }
        rest = after;
    }
    out.write_all(rest.as_bytes())
}

/// Text as HTML or XML content or attribute value; characters that XML forbids become U+FFFD.
pub fn markup(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}
