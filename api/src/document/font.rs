//! The letters of our documents: Liberation Sans, which has those of Norwegian, Sámi and all languages that are written in
//! Latin, Greek and Cyrillic letters.
//!
//! Not here: scripts whose letters join or run from right to left. Set letter by letter they would read wrongly, so they
//! are treated as letters that the font lacks.

use std::borrow::Cow;
use std::fmt::Write as _;

use icu_normalizer::ComposingNormalizerBorrowed;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider as _};

const REGULAR: &[u8] = include_bytes!("fonts/LiberationSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("fonts/LiberationSans-Bold.ttf");

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// A font of which letters are measured and drawn.
pub(crate) struct Face {
    /// As the PDF embeds it.
    pub(super) font: Font,
    charmap: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    units_per_em: f32,
}

impl Face {
    /// One of our fonts; none only where the program was built with a broken file.
    pub(crate) fn new(weight: Weight) -> Option<Self> {
        let bytes = match weight {
            Weight::Regular => REGULAR,
            Weight::Bold => BOLD,
        };
        let font = Font::new(bytes.into(), 0)?;
        let parsed = FontRef::new(bytes).ok()?;
        Some(Self {
            units_per_em: font.units_per_em(),
            font,
            charmap: parsed.charmap(),
            metrics: parsed.glyph_metrics(Size::unscaled(), LocationRef::default()),
        })
    }

    /// The glyph of a letter and its width at size 1; none where the font lacks it or it cannot be set alone.
    fn glyph(&self, letter: char) -> Option<(GlyphId, f32)> {
        if letter.is_control() || runs_leftwards(letter) {
            return None;
        }
        let glyph = self.charmap.map(letter).filter(|glyph| glyph.to_u32() != 0)?;
        let width = self.metrics.advance_width(glyph)? / self.units_per_em;
        Some((GlyphId::new(glyph.to_u32()), width))
    }

    /// The width of a text at size 1. Letters that the font lacks have none.
    pub(super) fn width(&self, text: &str) -> f32 {
        text.chars().filter_map(|letter| self.glyph(letter)).map(|(_, width)| width).sum()
    }

    /// The glyphs of a text.
    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let set = |(at, letter): (usize, char)| {
            let (glyph, width) = self.glyph(letter)?;
            Some(KrillaGlyph::new(glyph, width, 0.0, 0.0, 0.0, at..at + letter.len_utf8(), None))
        };
        text.char_indices().filter_map(set).collect()
    }

    /// A text as it can be set. Letters are composed where they can be; each that the font lacks is written as its number
    /// in Unicode, `[U+1F642]`, so that it is seen that there is one, and which.
    pub(crate) fn legible<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let is_fine = |letter: char| letter == '\n' || self.glyph(letter).is_some();
        let composer = const { ComposingNormalizerBorrowed::new_nfc() };
        if text.chars().all(is_fine) && composer.is_normalized(text) {
            return Cow::Borrowed(text);
        }
        let text = text.replace("\r\n", "\n");
        let mut legible = String::with_capacity(text.len());
        for letter in composer.normalize(&text).chars() {
            match letter {
                '\r' | '\u{2028}' | '\u{2029}' => legible.push('\n'),
                '\t' => legible.push_str("    "),
                // A hyphen at which no line breaks.
                '\u{2011}' => legible.push('-'),
                letter if is_fine(letter) => legible.push(letter),
                letter => {
                    let _ = write!(legible, "[U+{:04X}]", u32::from(letter));
                }
            }
        }
        Cow::Owned(legible)
    }

    /// Whether letters of a text are shown by their numbers.
    pub(crate) fn lacks_some(&self, text: &str) -> bool {
        const LAID_OUT: [char; 6] = ['\n', '\r', '\t', '\u{2011}', '\u{2028}', '\u{2029}'];
        let composer = const { ComposingNormalizerBorrowed::new_nfc() };
        composer.normalize(text).chars().any(|letter| !LAID_OUT.contains(&letter) && self.glyph(letter).is_none())
    }
}

/// The blocks of Hebrew, Arabic and other scripts that run from right to left, and the marks that turn the direction.
const fn runs_leftwards(letter: char) -> bool {
    matches!(letter, '\u{590}'..='\u{8FF}' | '\u{200E}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
        | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}' | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face() -> Face {
        Face::new(Weight::Regular).expect("a font")
    }

    #[test]
    fn each_letter_of_norwegian_and_sami_is_there_in_both_weights() {
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZÆØÅÁČĐŊŠŦŽÏÖÄÕǤǦǨƷǮÂabcdefghijklmnopqrstuvwxyzæøåáčđŋšŧžïöäõǥǧǩʒǯâ\
                       éèêóòôüß0123456789.,:;!?-–—«»“”‘’…€°½µ×±≤≥•→§%&/()[]{}@#*+=<>|~^_'\"\\";
        for weight in [Weight::Regular, Weight::Bold] {
            let face = Face::new(weight).expect("a font");
            for letter in letters.chars() {
                assert!(face.glyph(letter).is_some(), "{weight:?} {letter}");
            }
            assert!(!face.lacks_some(letters));
        }
    }

    #[test]
    fn what_the_font_lacks_is_seen() {
        let table = [
            ("Hei", "Hei"),
            ("Bra 🙂!", "Bra [U+1F642]!"),
            ("سلام", "[U+0633][U+0644][U+0627][U+0645]"),
            ("שלום", "[U+05E9][U+05DC][U+05D5][U+05DD]"),
            ("漢\u{0}", "[U+6F22][U+0000]"),
            ("a\u{202e}b", "a[U+202E]b"),
            ("\u{e000}", "[U+E000]"),
        ];
        for (text, expected) in table {
            assert_eq!(face().legible(text), expected, "{text:?}");
            assert_eq!(face().lacks_some(text), text != expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_only_written_otherwise_is_not_lacking() {
        // Å, č and š of a letter and a mark of its own; lines, tabs and hyphens of other kinds.
        let table = [
            ("A\u{30a} c\u{30c} s\u{30c}", "Å č š"),
            ("a\r\nb\rc\u{2028}d", "a\nb\nc\nd"),
            ("a\tb", "a    b"),
            ("e\u{2011}post", "e-post"),
        ];
        for (text, expected) in table {
            assert_eq!((face().legible(text).as_ref(), face().lacks_some(text)), (expected, false), "{text:?}");
        }
    }

    #[test]
    fn wide_letters_are_wider() {
        assert!(face().width("mmm") > 2.0 * face().width("iii"));
        assert_eq!(face().width(""), 0.0);
    }
}
