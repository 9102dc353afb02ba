//! Where a statement ends: at a `;` outside quotes and comments.

/// All statements of a text, without their `;`, which the last one does not need.
pub fn statements(text: &str) -> Vec<&str> {
    let (mut statements, rest) = split(text);
    if !is_blank(rest) {
        statements.push(rest);
    }
    statements
}

/// The complete statements of a text, without their `;`, and what comes after the last `;`. Empty ones (blanks and comments
/// alone) are left out.
pub fn split(text: &str) -> (Vec<&str>, &str) {
    let mut statements = Vec::new();
    let mut start = 0;
    let mut at = 0;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b';' => {
                statements.push(&text[start..at]);
                at += 1;
                start = at;
            }
            quote @ (b'\'' | b'"') => at = after(text, at + 1, &[quote]),
            b'-' if bytes[at..].starts_with(b"--") => at = after(text, at, b"\n"),
            b'/' if bytes[at..].starts_with(b"/*") => at = after(text, at + 2, b"*/"),
            _ => at += 1,
        }
    }
    statements.retain(|statement| !is_blank(statement));
    (statements, text[start..].trim())
}

/// The place after the next `end`, or the end of the text. A doubled quote ends one text and begins the next: no matter.
fn after(text: &str, from: usize, end: &[u8]) -> usize {
    let rest = &text.as_bytes()[from..];
    rest.windows(end.len()).position(|window| window == end).map_or(text.len(), |found| from + found + end.len())
}

/// Whether there is nothing in it but blanks and comments.
pub fn is_blank(mut text: &str) -> bool {
    loop {
        text = text.trim_start();
        let comment = match (text.strip_prefix("--"), text.strip_prefix("/*")) {
            (Some(line), _) => line.split_once('\n'),
            (_, Some(block)) => block.split_once("*/"),
            _ => return text.is_empty(),
        };
        match comment {
            Some((_, rest)) => text = rest,
            None => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_semicolon_ends_a_statement_only_outside_quotes_and_comments() {
        for (text, statements, rest) in [
            ("select 1; select 2", vec!["select 1"], "select 2"),
            ("select ';'; ", vec!["select ';'"], ""),
            ("select 'it''s; so';", vec!["select 'it''s; so'"], ""),
            ("select \"a;b\";", vec!["select \"a;b\""], ""),
            ("select 1 -- no; end\n;", vec!["select 1 -- no; end\n"], ""),
            ("/* ; */ select 1;", vec!["/* ; */ select 1"], ""),
            ("select 'open;", vec![], "select 'open;"),
            (";;  ; -- nothing\n;", vec![], ""),
            ("select 'ş;ğ'; x", vec!["select 'ş;ğ'"], "x"),
        ] {
            assert_eq!(split(text), (statements, rest), "{text}");
        }
    }

    #[test]
    fn the_last_statement_needs_no_semicolon() {
        assert_eq!(statements("select 1; select 2 -- two"), ["select 1", "select 2 -- two"]);
        assert_eq!(statements("select 1; -- done"), ["select 1"]);
        assert!(statements(" /* nothing */ ").is_empty());
    }
}
