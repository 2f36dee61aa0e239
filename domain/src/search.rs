//! Finding a service by what people type: a part of its name, in any letters, with a slip of the finger.

/// How close a name is to what was typed; the smaller, the closer. None where it is something else.
///
/// Each word that was typed has to be found in the name: as the beginning of a word, inside one, or, from four letters
/// on, as the beginning of one with a wrong, missing, doubled or swapped letter (two from eight on). Case does not
/// matter, and Norwegian letters are found however a keyboard without them writes them: `ø` as `o` or `oe`, `æ` as `ae`,
/// `å` as `a` or `aa`.
#[must_use]
pub fn closeness(typed: &str, name: &str) -> Option<usize> {
    let name = words(name);
    words(typed).iter().map(|typed| name.iter().filter_map(|word| distance(typed, word)).min()).sum()
}

const INSIDE: usize = 1;
const MISTYPED: usize = 10;

fn distance(typed: &str, word: &str) -> Option<usize> {
    if word.starts_with(typed) {
        return Some(0);
    }
    if word.contains(typed) {
        return Some(INSIDE);
    }
    let letters = typed.chars().count();
    let allowed = match letters {
        0..4 => return None,
        4..8 => 1,
        _ => 2,
    };
    // What was typed may be the beginning only, and one letter longer or shorter than the right one.
    let beginnings = (letters.saturating_sub(allowed)..=letters + allowed)
        .map(|length| word.chars().take(length).collect::<String>())
        .map(|beginning| strsim::damerau_levenshtein(typed, &beginning));
    beginnings.min().filter(|mistakes| *mistakes <= allowed).map(|mistakes| MISTYPED * mistakes)
}

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    lower.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()).map(plain).collect()
}

/// A word in the letters that every keyboard has. Both ways of writing a Norwegian letter without it become one.
fn plain(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for char in word.chars() {
        match char {
            'æ' | 'ä' => plain.push_str("ae"),
            'ø' | 'ö' => plain.push('o'),
            'å' | 'á' | 'à' | 'â' => plain.push('a'),
            'é' | 'è' | 'ê' => plain.push('e'),
            'ü' => plain.push('u'),
            char => plain.push(char),
        }
    }
    plain.replace("oe", "o").replace("aa", "a")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hk_2_a_name_is_found_by_a_part_in_other_letters_and_with_a_slip() {
        let name = "Hjemmesykepleien Sør, Ålesund kommune";
        let found = [
            "hjemme",
            "HJEMMESYKEPLEIEN",
            "sykepleie",
            "sør",
            "sor",
            "soer",
            "ålesund",
            "alesund",
            "aalesund",
            "komune",
            "kommnue",
            "hjemesykepleien",
            "ålesund hjemme",
            "",
        ];
        for typed in found {
            assert!(closeness(typed, name).is_some(), "{typed}");
        }
        for typed in ["nord", "tannlege", "hjemmex ålesund oslo", "sar", "xommunx"] {
            assert_eq!(closeness(typed, name), None, "{typed}");
        }
    }

    #[test]
    fn what_begins_a_word_comes_before_what_is_inside_and_that_before_what_is_mistyped() {
        let ranks = ["Klagebehandling", "Ankeklage", "Klegebehandling"].map(|name| closeness("klage", name));
        assert_eq!(ranks, [Some(0), Some(INSIDE), Some(MISTYPED)]);
    }
}
