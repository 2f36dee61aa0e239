//! Many rows by their keys of two parts, in one query.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, Bool};
use diesel::sqlite::Sqlite;

use super::sql_types::{Id, SqlUuid};

/// Keys of things in mailboxes: the mailbox, and the thing's own id.
///
/// Two lists, each compared with a column, would do the same and cost the square: the databases look up every mailbox with
/// every id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pairs {
    mailboxes: Vec<Id>,
    objects: Vec<Id>,
}

impl FromIterator<(Id, Id)> for Pairs {
    fn from_iter<I: IntoIterator<Item = (Id, Id)>>(pairs: I) -> Self {
        let (mailboxes, objects) = pairs.into_iter().unzip();
        Self { mailboxes, objects }
    }
}

impl Pairs {
    pub(crate) const fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// That a row's columns of these are one of the pairs.
    pub(crate) const fn among<M, O>(&self, mailbox: M, object: O) -> Among<'_, M, O> {
        Among { mailbox, object, pairs: self }
    }
}

/// A condition of a query: see [`Pairs::among`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Among<'p, M, O> {
    mailbox: M,
    object: O,
    pairs: &'p Pairs,
}

impl<M, O> Among<'_, M, O> {
    fn columns<'b, DB: Backend>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        M: QueryFragment<DB>,
        O: QueryFragment<DB>,
    {
        out.push_sql("(");
        self.mailbox.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        self.object.walk_ast(out.reborrow())?;
        out.push_sql(") IN (");
        Ok(())
    }
}

impl<M: QueryFragment<Pg>, O: QueryFragment<Pg>> QueryFragment<Pg> for Among<'_, M, O> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.columns(&mut out)?;
        out.push_sql("SELECT * FROM unnest(");
        out.push_bind_param::<Array<SqlUuid>, _>(&self.pairs.mailboxes)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<SqlUuid>, _>(&self.pairs.objects)?;
        out.push_sql("))");
        Ok(())
    }
}

impl<M: QueryFragment<Sqlite>, O: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Among<'_, M, O>
where
    Id: ToSql<SqlUuid, Sqlite>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        // A text for each number of pairs: too many to be kept by each connection.
        out.unsafe_to_cache_prepared();
        self.columns(&mut out)?;
        // A list of rows cannot be empty.
        out.push_sql(if self.pairs.is_empty() { "SELECT NULL, NULL WHERE FALSE" } else { "VALUES " });
        for (place, (mailbox, object)) in self.pairs.mailboxes.iter().zip(&self.pairs.objects).enumerate() {
            out.push_sql(if place == 0 { "(" } else { ", (" });
            out.push_bind_param::<SqlUuid, _>(mailbox)?;
            out.push_sql(", ");
            out.push_bind_param::<SqlUuid, _>(object)?;
            out.push_sql(")");
        }
        out.push_sql(")");
        Ok(())
    }
}

/// The text is not always the same: on SQLite there is a place for each pair.
impl<M, O> QueryId for Among<'_, M, O> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<M, O> Expression for Among<'_, M, O> {
    type SqlType = Bool;
}

impl<M, O> ValidGrouping<()> for Among<'_, M, O> {
    type IsAggregate = is_aggregate::No;
}

impl<M: AppearsOnTable<T>, O: AppearsOnTable<T>, T> AppearsOnTable<T> for Among<'_, M, O> {}

impl<M: SelectableExpression<T>, O: SelectableExpression<T>, T> SelectableExpression<T> for Among<'_, M, O> where
    Self: AppearsOnTable<T>
{
}
