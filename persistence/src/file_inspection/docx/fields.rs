//! Fields of a Word document: what they are told to fetch, and from where.

use domain::attachment::FileFault;

/// Fields nest a few deep.
const MAX_DEPTH: usize = 200;
/// Of a field's code, as much as tells what it does.
const MAX_CODE_BYTES: usize = 4096;

/// Fields that have another program give them data.
const OF_PROGRAMS: [&str; 4] = ["DDE", "DDEAUTO", "LINK", "DATABASE"];
/// Fields that put another file into the document.
const OF_FILES: [&str; 5] = ["INCLUDETEXT", "INCLUDEPICTURE", "INCLUDE", "IMPORT", "RD"];

/// The fields that are open at a place of the document. A code may be spread over any number of runs.
#[derive(Default)]
pub(super) struct Fields(Vec<Field>);

struct Field {
    code: String,
    is_code: bool,
}

impl Fields {
    pub(super) fn begin(&mut self) -> Result<(), FileFault> {
        if self.0.len() >= MAX_DEPTH {
            return Err(FileFault::Uncheckable);
        }
        self.0.push(Field { code: String::new(), is_code: true });
        Ok(())
    }

    pub(super) fn code(&mut self, text: &str) {
        if let Some(field) = self.0.last_mut().filter(|field| field.is_code && field.code.len() < MAX_CODE_BYTES) {
            field.code.push_str(text);
        }
    }

    /// The code is over; what follows is the field's result.
    pub(super) fn separate(&mut self) -> Result<(), FileFault> {
        let Some(field) = self.0.last_mut().filter(|field| field.is_code) else { return Ok(()) };
        field.is_code = false;
        let code = std::mem::take(&mut field.code);
        judge(&code)?;
        // A field that gives another one its name hides it.
        let hides = match self.0.as_slice() {
            [.., outer, _] => outer.is_code && outer.code.trim().is_empty() && keyword(&code) == "QUOTE",
            _ => false,
        };
        if hides { Err(FileFault::DataLinks) } else { Ok(()) }
    }

    pub(super) fn end(&mut self) -> Result<(), FileFault> {
        self.separate()?;
        self.0.pop();
        Ok(())
    }
}

fn keyword(code: &str) -> String {
    let word = code.split_whitespace().next().unwrap_or_default();
    word.trim_matches(['"', '\u{201c}', '\u{201d}']).to_ascii_uppercase()
}

/// Judges the code of a field.
pub(in super::super) fn judge(code: &str) -> Result<(), FileFault> {
    let keyword = keyword(code);
    if OF_PROGRAMS.contains(&keyword.as_str()) {
        return Err(FileFault::DataLinks);
    }
    let mut arguments = code.split(['"', '\u{201c}', '\u{201d}']).flat_map(str::split_whitespace);
    if OF_FILES.contains(&keyword.as_str()) && arguments.any(is_elsewhere) {
        return Err(FileFault::OutsideContent);
    }
    Ok(())
}

/// Whether a program that looks there asks another computer. A drive of one's own is none; a share of a server is.
pub(super) fn is_elsewhere(target: &str) -> bool {
    let target = target.trim().to_ascii_lowercase().replace('\\', "/");
    if let Some(path) = target.strip_prefix("file:") {
        let path = path.strip_prefix("//localhost").map_or_else(|| path.to_owned(), |path| format!("//{path}"));
        let rest = path.trim_start_matches('/');
        let is_on_drive = matches!(rest.as_bytes(), [drive, b':' | b'|', ..] if drive.is_ascii_alphabetic());
        // After two slashes comes a computer, after three a path of this one, after four or more a share.
        return !is_on_drive && !matches!(path.len() - rest.len(), 0 | 1 | 3);
    }
    if target.starts_with("//") {
        return true;
    }
    let scheme = target.split_once(':').map_or("", |(scheme, _)| scheme);
    let is_scheme =
        scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme && !["cid", "mailto", "about"].contains(&scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_judged_by_what_it_fetches() {
        let table = [
            (" PAGE \\* MERGEFORMAT ", Ok(())),
            (" HYPERLINK \"https://example.no\" ", Ok(())),
            (" MACROBUTTON NoMacro [Navn] ", Ok(())),
            (" INCLUDEPICTURE \"C:\\\\bilder\\\\logo.png\" \\d ", Ok(())),
            (" INCLUDEPICTURE \"https://example.no/a.png\" \\d ", Err(FileFault::OutsideContent)),
            (" includetext \"\\\\\\\\tjener\\\\mappe\\\\a.docx\" ", Err(FileFault::OutsideContent)),
            (" DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe \"/k calc\" ", Err(FileFault::DataLinks)),
            ("dde excel", Err(FileFault::DataLinks)),
            ("\"DDE\" excel", Err(FileFault::DataLinks)),
            (" LINK Excel.Sheet.12 \"C:\\\\a.xlsx\" ", Err(FileFault::DataLinks)),
        ];
        for (code, expected) in table {
            assert_eq!(judge(code), expected, "{code}");
        }
    }

    #[test]
    fn a_place_is_elsewhere_when_another_computer_is_asked_for_it() {
        let table = [
            ("file:///C:\\Users\\a\\Templates\\brev.dotx", false),
            ("file:///H:/maler/brev.dotx", false),
            ("C:\\maler\\brev.dotx", false),
            ("brev.dotx", false),
            ("cid:image001.png", false),
            ("file:///Users/a/bilde.png", false),
            ("file://localhost/Users/a/bilde.png", false),
            ("file:////tjener/maler/brev.dotx", true),
            ("file://tjener/maler/brev.dotx", true),
            ("file:///\\\\tjener\\maler\\brev.dotx", true),
            ("\\\\tjener\\maler\\brev.dotx", true),
            (" HTTPS://example.no/a.dotm", true),
            ("mhtml:https://example.no!x", true),
        ];
        for (target, expected) in table {
            assert_eq!(is_elsewhere(target), expected, "{target}");
        }
    }
}
