//! One page of a list.

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::database::Id;
use crate::error::{Failure, StoreError};
use crate::vault::Vault;

/// Which page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// At most this many items.
    pub limit: u16,
    /// Where the page before ended, as it was given out.
    pub cursor: Option<String>,
}

impl Page {
    /// The largest page.
    pub const MAX_LIMIT: u16 = 200;
    /// The size of a page that nobody asked for.
    pub const DEFAULT_LIMIT: u16 = 50;

    /// Where to go on, as written by [`Slice::cut`] for the same list.
    pub(crate) fn position<P: DeserializeOwned>(&self, vault: &Vault, list: &str) -> Result<Option<P>, Failure> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let payload = vault.open_token(list, cursor).ok_or(Failure::CursorInvalid)?;
        serde_json::from_slice(&payload).map(Some).map_err(|_| Failure::CursorInvalid)
    }

    /// One more than asked for, to see whether there is a next page.
    pub(crate) fn fetch_limit(&self) -> i64 {
        i64::from(self.limit) + 1
    }
}

/// A page and the way to the next.
#[derive(Clone, Debug)]
pub struct Slice<T> {
    /// The items.
    pub items: Vec<T>,
    /// The cursor of the next page; none on the last.
    pub next_cursor: Option<String>,
    /// The ids of what is on this page and cannot be opened: it is damaged. It takes nothing else of the list away.
    pub damaged: Vec<Uuid>,
}

impl<T> Slice<T> {
    /// Cuts what was fetched to the page, and writes the cursor. `list` names the list with its owner and filter, so
    /// that a cursor works nowhere else.
    pub(crate) fn cut<P: Serialize>(
        mut fetched: Vec<T>,
        page: &Page,
        vault: &Vault,
        list: &str,
        position: impl Fn(&T) -> P,
    ) -> Self {
        let limit = usize::from(page.limit);
        let has_more = fetched.len() > limit;
        fetched.truncate(limit);
        let next_cursor = match fetched.last() {
            Some(last) if has_more => {
                serde_json::to_vec(&position(last)).ok().map(|payload| vault.seal_token(list, &payload))
            }
            Some(_) | None => None,
        };
        Self { items: fetched, next_cursor, damaged: Vec::new() }
    }

    /// A list that comes whole.
    pub(crate) const fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None, damaged: Vec::new() }
    }

    /// The same page with its items opened. Those that are damaged are named, in the answer and in the program's log: one
    /// row that does not open never takes a list away, and is not left out in silence.
    pub(crate) fn open_each<U>(
        self,
        id: impl Fn(&T) -> Id,
        mut open: impl FnMut(T) -> Result<U, Failure>,
    ) -> Result<Slice<U>, Failure> {
        let Self { items, next_cursor, mut damaged } = self;
        let mut opened = Vec::with_capacity(items.len());
        for item in items {
            let id = id(&item).0;
            match open(item) {
                Ok(item) => opened.push(item),
                Err(Failure::Store(StoreError::Corrupt { what })) => {
                    tracing::error!(what, damaged.id = %id, "something in a list does not open: it is damaged");
                    damaged.push(id);
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(Slice { items: opened, next_cursor, damaged })
    }

    /// The same page with its items turned into something else.
    pub(crate) fn try_map<U, E>(self, turn: impl FnMut(T) -> Result<U, E>) -> Result<Slice<U>, E> {
        let items = self.items.into_iter().map(turn).collect::<Result<_, E>>()?;
        Ok(Slice { items, next_cursor: self.next_cursor, damaged: self.damaged })
    }
}
