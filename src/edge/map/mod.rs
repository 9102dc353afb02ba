//! A map in one file: what was watched, what was found, without a network and without a library.
//!
//! What always holds:
//! * A page works opened as a `file://` address: script and style stand inside it, it loads nothing, and its content security
//!   policy forbids it to try.
//! * The same scene gives the same bytes, for [`render`] and [`svg`] alike: no clock, no hash order, no floats of the platform.
//! * No text of a scene can become markup or script: names come from other people's rulebooks and units.
//!
//! | part | what it does |
//! |---|---|
//! | [`scene`] | plain data to be drawn; nothing here knows alerts or rulebooks |
//! | [`cities`] | names for orientation, since there are no tiles |
//! | [`packing`] | numbers as short text: a fix is about ten bytes |
//! | [`json`] | the scene as JSON that may stand in a `<script>` |
//! | [`page`] | the interactive page; `page.html`, `page.css` and `script/*.js` are its parts |
//! | [`picture`], [`signs`], [`frame`] | the still picture, without script, and what it holds |
//! | [`projection`] | Web Mercator |
//!
//! Fixes whose quality says that the position is doubtful are kept out of the line of a track and drawn as crosses.

pub mod cities;
pub mod frame;
pub mod json;
pub mod packing;
pub mod page;
pub mod picture;
pub mod projection;
pub mod scene;
pub mod signs;

pub use page::render;
pub use picture::svg;
pub use scene::{AlertShape, CorridorShape, FixMark, Language, PlaceLabel, Scene, TrackPoint, TrackShape, ZoneShape};

#[cfg(test)]
mod tests;
