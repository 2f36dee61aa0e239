//! Lists: which page is asked for, and how it is answered.

use persistence::{Page, Slice};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::request::input::{Field, QueryInput, Unknown, Violations};
use crate::problem::ApiError;

/// The query of a list that takes no filter.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// At most this many items.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Field<String>,
    /// `nextCursor` of the page before.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    cursor: Field<String>,
    #[serde(flatten)]
    #[param(ignore)]
    unknown: Unknown,
}

impl PageQuery {
    /// Reads a query that asks for a page and nothing else.
    ///
    /// # Errors
    /// `invalid-request` with all that is wrong.
    pub(crate) fn read(QueryInput { value, mut violations }: QueryInput<Self>) -> Result<Page, ApiError> {
        let Self { limit, cursor, unknown } = value;
        let page = page(&mut violations, limit, cursor);
        violations.unknown("?", &unknown);
        violations.finish().map(|()| page)
    }
}

/// Reads `limit` and `cursor` of a query.
pub(crate) fn page(violations: &mut Violations, limit: Field<String>, cursor: Field<String>) -> Page {
    let limit = violations.optional("?limit", limit);
    let limit = violations.number_in_range("?limit", limit, 1..=i64::from(Page::MAX_LIMIT));
    Page {
        limit: limit.and_then(|limit| u16::try_from(limit).ok()).unwrap_or(Page::DEFAULT_LIMIT),
        cursor: violations.optional("?cursor", cursor),
    }
}

/// One page of a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListView<T> {
    /// The items, in the order of the list.
    items: Vec<T>,
    /// For the next page, as `cursor` with the same filter; none on the last. It never expires while the list exists.
    #[schema(required)]
    next_cursor: Option<String>,
    /// Ids of what is on this page and cannot be opened, because it is damaged; left out where there is nothing of the kind.
    /// An operator is told of it. All else in the list is not touched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    damaged: Vec<Uuid>,
}

impl<T> ListView<T> {
    /// A page of the store, each item as callers see it.
    pub(crate) fn of<U>(slice: Slice<U>, view: impl FnMut(U) -> T) -> Self {
        let Slice { items, next_cursor, damaged } = slice;
        Self { items: items.into_iter().map(view).collect(), next_cursor, damaged }
    }

    /// A list that is short enough to come whole.
    pub(crate) fn whole<U>(items: Vec<U>, view: impl FnMut(U) -> T) -> Self {
        Self { items: items.into_iter().map(view).collect(), next_cursor: None, damaged: Vec::new() }
    }
}
