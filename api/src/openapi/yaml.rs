//! YAML as a person would write it: references and short lists of words on the line of their key.

/// The longest line that is made of a list.
const LONGEST: usize = 120;

/// Puts onto one line what fits there. It changes the form of the text, never what it says.
pub(super) fn compact(text: &str) -> String {
    join(&join(text, |lines| reference(lines).or_else(|| list(lines))), only_child)
}

/// What some lines become, and how many they are.
type Joined = Option<(String, usize)>;

fn join(text: &str, joined: impl Fn(&[&str]) -> Joined) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < lines.len() {
        let (line, taken) = joined(&lines[at..]).unwrap_or_else(|| (lines[at].to_owned(), 1));
        out += &line;
        out.push('\n');
        at += taken;
    }
    out
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// A key without a value on its line, which is no item of a list.
fn key<'l>(lines: &[&'l str]) -> Option<&'l str> {
    lines.first()?.strip_suffix(':').filter(|key| !key.trim_start().starts_with('-'))
}

/// A key that holds a reference and nothing else.
fn reference(lines: &[&str]) -> Joined {
    let (key, held) = (key(lines)?, lines.get(1)?);
    let reference = held.trim_start().strip_prefix("$ref: ")?;
    let is_alone = lines.get(2).is_none_or(|next| indent(next) < indent(held));
    (indent(held) == indent(key) + 2 && is_alone).then(|| (format!("{key}: {{$ref: {reference}}}"), 2))
}

/// A key that holds a list of plain words, or of references.
fn list(lines: &[&str]) -> Joined {
    let key = key(lines)?;
    let item = |line: &&str| {
        let item = line.trim_start().strip_prefix("- ")?;
        let is_plain = item.chars().all(|character| character.is_ascii_alphanumeric() || ".-'".contains(character));
        let is_small = ["$ref: '", "type: '"].iter().any(|begins| item.starts_with(begins));
        let item = if is_small { format!("{{{item}}}") } else { item.to_owned() };
        (indent(line) == indent(key) && (is_plain || is_small)).then_some(item)
    };
    let items: Vec<String> = lines[1..].iter().map_while(item).collect();
    let next = lines.get(items.len() + 1);
    let is_whole = next.is_none_or(|next| {
        indent(next) <= indent(key) && !next.get(indent(key)..).is_some_and(|rest| rest.starts_with("- "))
    });
    let line = format!("{key}: [{}]", items.join(", "));
    (!items.is_empty() && is_whole && line.len() <= LONGEST).then(|| (line, items.len() + 1))
}

/// What an answer or a body has as JSON, where it has nothing else.
fn only_child(lines: &[&str]) -> Joined {
    let content = key(lines).filter(|key| key.trim_start() == "content")?;
    let [media, schema] = [lines.get(1)?, lines.get(2)?].map(|line| line.trim_start());
    let is_alone = lines.get(3).is_none_or(|next| indent(next) <= indent(content));
    let is_one = media.ends_with("json:") && schema.starts_with("schema: {$ref: ");
    let line = format!("{content}: {{{media} {{{schema}}}}}");
    (is_one && is_alone && line.len() <= LONGEST).then_some((line, 3))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_contract_says_the_same_in_fewer_lines() {
        let document = crate::openapi::document(true);
        let long = yaml_serde::to_string(&document).expect("YAML");

        let short = compact(&long);

        assert!(short.len() < long.len() * 19 / 20, "{} of {}", short.len(), long.len());
        assert!(yaml_serde::from_str::<Value>(&short).expect("YAML still") == document);
    }

    #[test]
    fn what_is_more_than_words_stays_as_it_is() {
        for text in ["a:\n- b c\n- d\n", "a:\n- b: c\n", "a:\n  $ref: x\n  description: y\n", "a: |-\n  b:\n  - c d\n"]
        {
            assert_eq!(compact(text), text);
        }
        assert_eq!(compact("a:\n- b\n- c\nd:\n  $ref: 'x'\n"), "a: [b, c]\nd: {$ref: 'x'}\n");
    }
}
