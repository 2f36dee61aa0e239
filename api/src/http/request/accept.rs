//! In which form an answer comes, where there are several (RFC 9110, section 12.5.1).

use actix_web::http::header::{Accept, Header as _, Quality};
use actix_web::{HttpMessage, mime};

use crate::problem::{ApiError, ProblemKind};

/// The form that a caller likes best. Of equally good ones the first offered wins; a caller who says nothing, or nothing
/// that can be read, gets it too.
///
/// # Errors
/// `not-acceptable`: none of them.
pub(in crate::http) fn form_of<F: Copy>(request: &impl HttpMessage, offers: &[(&str, F)]) -> Result<F, ApiError> {
    let wishes = Accept::parse(request).map_or_else(|_| vec![], |Accept(wishes)| wishes);
    let quality = |media_type: &str| {
        let wish = wishes.iter().filter_map(|wish| Some((closeness(&wish.item, media_type)?, wish.quality)));
        wish.max_by_key(|(closeness, _)| *closeness).map_or(Quality::ZERO, |(_, quality)| quality)
    };
    let mut best = None;
    for (media_type, form) in offers {
        let quality = if wishes.is_empty() { Quality::MAX } else { quality(media_type) };
        if quality > best.map_or(Quality::ZERO, |(best, _)| best) {
            best = Some((quality, *form));
        }
    }
    best.map(|(_, form)| form).ok_or_else(|| ProblemKind::NotAcceptable.into())
}

/// How closely a wish fits: by the whole type, by its first half, or because anything does.
fn closeness(wish: &mime::Mime, media_type: &str) -> Option<u8> {
    let kind = media_type.split('/').next().unwrap_or_default();
    if wish.essence_str() == media_type {
        Some(2)
    } else if wish.subtype() == mime::STAR && wish.type_().as_str() == kind {
        Some(1)
    } else {
        (wish.type_() == mime::STAR && wish.subtype() == mime::STAR).then_some(0)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ACCEPT;
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_form_liked_best_is_chosen() {
        let offers = [("application/json", 'j'), ("application/pdf", 'p'), ("application/xml", 'x')];
        let table = [
            (None, Some('j')),
            (Some("*/*"), Some('j')),
            (Some("application/*"), Some('j')),
            (Some("application/pdf"), Some('p')),
            (Some("application/xml, application/pdf;q=0.9"), Some('x')),
            (Some("application/xml;q=0.2, application/pdf;q=0.9"), Some('p')),
            (Some("application/pdf;q=0.5, */*;q=0.1"), Some('p')),
            (Some("application/json;q=0, */*"), Some('p')),
            (Some("application/json; charset=utf-8"), Some('j')),
            (Some("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8"), Some('x')),
            (Some("text/html"), None),
            (Some("image/*"), None),
            (Some("application/pdf;q=0"), None),
            (Some("nonsense"), Some('j')),
        ];
        for (header, expected) in table {
            let mut request = TestRequest::default();
            if let Some(header) = header {
                request = request.insert_header((ACCEPT, header));
            }
            assert_eq!(form_of(&request.to_http_request(), &offers).ok(), expected, "{header:?}");
        }
    }
}
