//! Pages of text as PDF/A-3b (ISO 19005-3): lines, page numbers, and files that go along. The same content always gives the
//! same bytes.
//!
//! Not here: what a document says.

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime as PdfDateTime, Metadata};
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::{Document, SerializeSettings};
use unicode_linebreak::{BreakOpportunity, linebreaks};

use super::font::{Face, Weight};

/// A4, in points.
const PAGE: (f32, f32) = (595.28, 841.89);
const MARGIN: f32 = 62.0;
const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
/// Where the text of a page begins and ends, below its header and above its footer.
const TOP: f32 = 72.0;
const BOTTOM: f32 = PAGE.1 - 72.0;
const HEADER_AT: f32 = 44.0;
const FOOTER_AT: f32 = PAGE.1 - 40.0;
const SMALL: f32 = 8.0;
const LABEL_WIDTH: f32 = 110.0;

/// Why there is no PDF. It never says what stands in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum PdfError {
    /// A font of ours is broken.
    #[error("a font cannot be read")]
    Font,
    /// What was made is no PDF/A.
    #[error("the document is no valid PDF/A")]
    Invalid,
    /// Two files have the same name.
    #[error("two files have the same name")]
    SameName,
}

/// A file that goes along.
pub(crate) struct PdfFile {
    /// Its name, which no other file of the document has.
    pub(crate) name: String,
    /// Its media type.
    pub(crate) media_type: &'static str,
    /// What it is, for people.
    pub(crate) description: String,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// When it came into the world, as far as is known.
    pub(crate) at: DateTime<Utc>,
    /// Whether it says what the pages say, in another form.
    pub(crate) is_alternative: bool,
}

/// What is told of a document beside its pages.
pub(crate) struct About {
    /// The same for the same document, whatever becomes of it.
    pub(crate) id: String,
    /// What it is called.
    pub(crate) title: String,
    /// The tag of its language.
    pub(crate) language: &'static str,
    /// When it was made.
    pub(crate) at: DateTime<Utc>,
    /// The line above each page.
    pub(crate) header: String,
    /// The line below each page, of its number and how many there are.
    pub(crate) footer: Box<dyn Fn(usize, usize) -> String>,
}

enum Mark {
    Line { x: f32, y: f32, size: f32, weight: Weight, text: String },
    Rule { y: f32 },
}

/// Pages as they are written, from top to bottom.
pub(crate) struct PdfWriter {
    regular: Face,
    bold: Face,
    pages: Vec<Vec<Mark>>,
    y: f32,
}

impl PdfWriter {
    /// Nothing written yet.
    ///
    /// # Errors
    /// A font that cannot be read.
    pub(crate) fn new() -> Result<Self, PdfError> {
        let face = |weight| Face::new(weight).ok_or(PdfError::Font);
        Ok(Self { regular: face(Weight::Regular)?, bold: face(Weight::Bold)?, pages: vec![vec![]], y: TOP })
    }

    /// Whether letters of a text are shown by their numbers only.
    pub(crate) fn lacks_some(&self, text: &str) -> bool {
        self.regular.lacks_some(text)
    }

    /// A heading. It never stands alone at the end of a page.
    pub(crate) fn heading(&mut self, text: &str, size: f32) {
        self.keep(size * 6.0);
        self.text(text, size, Weight::Bold, 0.0, WIDTH);
        self.space(size * 0.3);
    }

    /// A paragraph, or several.
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.text(text, 10.5, Weight::Regular, 0.0, WIDTH);
    }

    /// A remark in small letters, a little to the right.
    pub(crate) fn small(&mut self, text: &str) {
        self.text(text, SMALL, Weight::Regular, 12.0, WIDTH - 12.0);
    }

    /// A name and what it stands for.
    pub(crate) fn field(&mut self, label: &str, value: &str) {
        self.keep(leading(10.0));
        let (y, text) = (self.y + 10.0, self.bold.legible(label).into_owned());
        self.push(Mark::Line { x: MARGIN, y, size: 10.0, weight: Weight::Bold, text });
        self.text(value, 10.0, Weight::Regular, LABEL_WIDTH, WIDTH - LABEL_WIDTH);
    }

    /// A line across the page.
    pub(crate) fn rule(&mut self) {
        self.space(6.0);
        self.keep(40.0);
        let y = self.y;
        self.push(Mark::Rule { y });
        self.space(10.0);
    }

    /// What comes now stands on a page of its own.
    pub(crate) fn next_page(&mut self) {
        self.pages.push(vec![]);
        self.y = TOP;
    }

    /// Some white.
    pub(crate) fn space(&mut self, points: f32) {
        self.y += points;
    }

    fn push(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// Goes to the next page where so much does not fit on this one.
    fn keep(&mut self, points: f32) {
        if self.y + points > BOTTOM {
            self.next_page();
        }
    }

    fn text(&mut self, text: &str, size: f32, weight: Weight, indent: f32, width: f32) {
        let face = match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        };
        let lines = wrapped(face, &face.legible(text), width / size);
        for text in lines {
            self.keep(leading(size));
            let y = self.y + size;
            self.push(Mark::Line { x: MARGIN + indent, y, size, weight, text });
            self.y += leading(size);
        }
    }

    /// The PDF.
    ///
    /// # Errors
    /// Files of the same name, or something that PDF/A does not allow.
    pub(crate) fn finish(self, about: About, files: Vec<PdfFile>) -> Result<Vec<u8>, PdfError> {
        let configuration = ConfigurationBuilder::new().with_archival_validator(Archival::A3_B).finish();
        let configuration = configuration.map_err(|_| PdfError::Invalid)?;
        let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
        let count = self.pages.len();
        let header = self.regular.legible(&about.header).replace('\n', " ");
        for (place, marks) in self.pages.iter().enumerate() {
            let settings = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or(PdfError::Invalid)?;
            let mut page = document.start_page_with(settings);
            let mut surface = page.surface();
            let footer = (about.footer)(place + 1, count);
            draw_line(&mut surface, &self.regular, (MARGIN, HEADER_AT), SMALL, &header);
            draw_line(&mut surface, &self.regular, (MARGIN, FOOTER_AT), SMALL, &footer);
            for mark in marks {
                match mark {
                    Mark::Line { x, y, size, weight: Weight::Regular, text } => {
                        draw_line(&mut surface, &self.regular, (*x, *y), *size, text);
                    }
                    Mark::Line { x, y, size, weight: Weight::Bold, text } => {
                        draw_line(&mut surface, &self.bold, (*x, *y), *size, text);
                    }
                    Mark::Rule { y } => draw_rule(&mut surface, *y),
                }
            }
            surface.finish();
            page.finish();
        }
        for file in files {
            embed(&mut document, file)?;
        }
        let About { id, title, language, at, header: _, footer: _ } = about;
        let metadata = Metadata::new().title(title).language(language.to_owned()).document_id(id);
        document.set_metadata(metadata.creator("Brevdue".to_owned()).creation_date(pdf_time(at)));
        document.finish().map_err(|_| PdfError::Invalid)
    }
}

/// From one line to the next.
fn leading(size: f32) -> f32 {
    size * 1.35
}

fn draw_line(surface: &mut Surface<'_>, face: &Face, (x, y): (f32, f32), size: f32, text: &str) {
    let glyphs = face.glyphs(text);
    if !glyphs.is_empty() {
        surface.draw_glyphs(Point::from_xy(x, y), &glyphs, face.font.clone(), text, size, false);
    }
}

fn draw_rule(surface: &mut Surface<'_>, y: f32) {
    let mut path = PathBuilder::new();
    if let Some(line) = Rect::from_xywh(MARGIN, y, WIDTH, 0.6) {
        path.push_rect(line);
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn embed(document: &mut Document, file: PdfFile) -> Result<(), PdfError> {
    let PdfFile { name, media_type, description, bytes, at, is_alternative } = file;
    let file = EmbeddedFile {
        path: name,
        mime_type: MimeType::new(media_type),
        description: Some(description),
        association_kind: if is_alternative { AssociationKind::Alternative } else { AssociationKind::Supplement },
        data: bytes.into(),
        modification_date: Some(pdf_time(at)),
        // PDF and .docx are compressed already.
        compress: Some(false),
        location: None,
    };
    document.embed_file(file).ok_or(PdfError::SameName)
}

fn pdf_time(at: DateTime<Utc>) -> PdfDateTime {
    let small = |value: u32| u8::try_from(value).unwrap_or_default();
    PdfDateTime::new(u16::try_from(at.year()).unwrap_or_default())
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

/// A text in lines that are no wider than so many times the size of its letters. Words that are wider than a line are
/// broken where it ends.
fn wrapped(face: &Face, text: &str, width: f32) -> Vec<String> {
    let mut lines = vec![];
    let (mut line, mut line_width) = (String::new(), 0.0);
    let mut start = 0;
    for (end, opportunity) in linebreaks(text) {
        let piece = text[start..end].trim_end_matches('\n');
        start = end;
        if line_width + face.width(piece.trim_end()) > width && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
            line_width = 0.0;
        }
        for letter in piece.chars() {
            let letter_width = face.width(letter.encode_utf8(&mut [0; 4]));
            if line_width + letter_width > width && !letter.is_whitespace() && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                line_width = 0.0;
            }
            line.push(letter);
            line_width += letter_width;
        }
        if opportunity == BreakOpportunity::Mandatory {
            lines.push(std::mem::take(&mut line));
            line_width = 0.0;
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face() -> Face {
        Face::new(Weight::Regular).expect("a font")
    }

    #[test]
    fn lines_break_between_words_and_no_letter_is_lost() {
        let face = face();
        let text = "Sykepleieren kommer klokken ti.\n\n  Innrykket. Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft!\nSiste";
        let lines = wrapped(&face, text, 12.0);

        assert!(lines.iter().all(|line| face.width(line) <= 12.0), "{lines:?}");
        assert!(lines.len() > 8, "{lines:?}");
        assert_eq!((lines[0].as_str(), lines[1].as_str()), ("Sykepleieren kommer", "klokken ti."));
        assert_eq!((lines[2].as_str(), lines[3].as_str()), ("", "  Innrykket."));
        assert_eq!(lines.last().map(String::as_str), Some("Siste"));
        let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
        assert_eq!(letters(&lines.concat()), letters(text));
    }

    #[test]
    fn a_text_of_nothing_is_one_line_and_a_line_end_at_the_end_begins_none() {
        assert_eq!(wrapped(&face(), "a\n", 10.0), ["a"]);
        assert_eq!(wrapped(&face(), "a\n\n", 10.0), ["a", ""]);
    }
}
