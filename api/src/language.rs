//! The language of the texts that people read, chosen by `Accept-Language`.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{AcceptLanguage, Header as _, Preference, Quality};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use strum::VariantArray;

/// The languages in which every text exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug, VariantArray)]
pub(crate) enum Language {
    /// Norwegian Bokmål: what everybody gets who asks for nothing that there is.
    Bokmal,
    /// Norwegian Nynorsk.
    Nynorsk,
    /// English.
    English,
}

impl Language {
    /// The tag of the language (BCP 47).
    #[must_use]
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Bokmal => "nb",
            Self::Nynorsk => "nn",
            Self::English => "en",
        }
    }

    /// The language that a caller likes best, of those that there are.
    #[must_use]
    pub(crate) fn of_request(request: &impl HttpMessage) -> Self {
        let Ok(AcceptLanguage(mut wishes)) = AcceptLanguage::parse(request) else {
            return Self::Bokmal;
        };
        wishes.retain(|wish| wish.quality > Quality::ZERO);
        // The sort is stable: of equally good ones the first named wins.
        wishes.sort_by_key(|wish| std::cmp::Reverse(wish.quality));
        wishes
            .iter()
            .find_map(|wish| match &wish.item {
                Preference::Any => Some(Self::Bokmal),
                Preference::Specific(tag) => Self::of_primary_tag(tag.primary_language()),
            })
            .unwrap_or(Self::Bokmal)
    }

    /// `no` is Norwegian of either kind, and Bokmål is the more common.
    fn of_primary_tag(tag: &str) -> Option<Self> {
        match tag.to_ascii_lowercase().as_str() {
            "nb" | "no" => Some(Self::Bokmal),
            "nn" => Some(Self::Nynorsk),
            "en" => Some(Self::English),
            _ => None,
        }
    }
}

impl FromRequest for Language {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of_request(request)))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ACCEPT_LANGUAGE;
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_language_liked_best_is_chosen() {
        let table = [
            (None, Language::Bokmal),
            (Some("no"), Language::Bokmal),
            (Some("nb-NO"), Language::Bokmal),
            (Some("nn"), Language::Nynorsk),
            (Some("NN-no"), Language::Nynorsk),
            (Some("en-GB, nb;q=0.9"), Language::English),
            (Some("nb;q=0.5, en;q=0.8"), Language::English),
            (Some("en;q=0.5, nn;q=0.5"), Language::English),
            (Some("de, sv;q=0.9"), Language::Bokmal),
            (Some("de, nn;q=0.1"), Language::Nynorsk),
            (Some("en;q=0, nn;q=0.1"), Language::Nynorsk),
            (Some("*"), Language::Bokmal),
            (Some("en, *;q=0.1"), Language::English),
            (Some(";;;"), Language::Bokmal),
        ];
        for (header, expected) in table {
            let mut request = TestRequest::default();
            if let Some(header) = header {
                request = request.insert_header((ACCEPT_LANGUAGE, header));
            }
            assert_eq!(Language::of_request(&request.to_http_request()), expected, "{header:?}");
        }
    }
}
