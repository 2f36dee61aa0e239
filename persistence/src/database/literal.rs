//! Values of ours that stand in the text of a statement.

use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Bool, SingleValue, SmallInt, Text};

/// A value that the planner sees also where it plans a statement once for all values: behind a parameter it would take each
/// bound for one that keeps a third of the rows, and sort what is left instead of reading an index in its order. For numbers,
/// truth values and words of ours only; there are few of them, so few texts of a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Literal<T> {
    value: Value,
    kind: PhantomData<T>,
}

#[derive(Clone, Copy, Debug)]
enum Value {
    Number(i16),
    Truth(bool),
    Word(&'static str),
}

/// A number.
pub(crate) const fn number(value: i16) -> Literal<SmallInt> {
    Literal { value: Value::Number(value), kind: PhantomData }
}

/// A truth value.
pub(crate) const fn truth(value: bool) -> Literal<Bool> {
    Literal { value: Value::Truth(value), kind: PhantomData }
}

/// One of the words of the domain, which are of letters only.
pub(crate) fn word(word: &'static str) -> Literal<Text> {
    assert!(word.bytes().all(|byte| byte.is_ascii_alphabetic()), "a word of the domain");
    Literal { value: Value::Word(word), kind: PhantomData }
}

impl<T, DB: Backend> QueryFragment<DB> for Literal<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        match self.value {
            Value::Number(value) => out.push_sql(&value.to_string()),
            Value::Word(word) => {
                out.push_sql("'");
                out.push_sql(word);
                out.push_sql("'");
            }
            Value::Truth(value) => out.push_sql(if value { "TRUE" } else { "FALSE" }),
        }
        Ok(())
    }
}

/// Each value has a text of its own.
impl<T> QueryId for Literal<T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T: SingleValue> Expression for Literal<T> {
    type SqlType = T;
}

impl<T, G> ValidGrouping<G> for Literal<T> {
    type IsAggregate = is_aggregate::Never;
}

impl<T: SingleValue, S> AppearsOnTable<S> for Literal<T> {}

impl<T: SingleValue, S> SelectableExpression<S> for Literal<T> {}
