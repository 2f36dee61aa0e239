//! Many rows of one table in one statement.

/// Makes a row type of a table and a way to insert any number of them.
///
/// On PostgreSQL the rows are turned into columns, and one statement whose text never changes, `INSERT … SELECT FROM
/// unnest(…)`, takes them all: it is prepared once and needs one round trip. SQLite is in the same process, so there
/// each row is a statement of its own, prepared once.
macro_rules! rows {
    ($(#[$meaning:meta])* $row:ident, $columns:ident => $table:ident { $($column:ident: $rust:ty as $sql:ty),+ $(,)? }) => {
        $(#[$meaning])*
        #[derive(diesel::Insertable)]
        #[diesel(table_name = crate::schema::$table, treat_none_as_default_value = false)]
        pub(crate) struct $row {
            $(pub(crate) $column: $rust,)+
        }

        /// The same rows, a list for each column.
        #[derive(Default)]
        pub(crate) struct $columns {
            $($column: Vec<$rust>,)+
        }

        impl FromIterator<$row> for $columns {
            fn from_iter<I: IntoIterator<Item = $row>>(rows: I) -> Self {
                let mut columns = Self::default();
                for row in rows {
                    $(columns.$column.push(row.$column);)+
                }
                columns
            }
        }

        impl diesel::query_builder::QueryFragment<diesel::pg::Pg> for $columns {
            fn walk_ast<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, diesel::pg::Pg>,
            ) -> diesel::QueryResult<()> {
                out.push_sql(concat!("INSERT INTO ", stringify!($table), " ("));
                let mut separator = "";
                $(
                    out.push_sql(separator);
                    out.push_sql(concat!("\"", stringify!($column), "\""));
                    separator = ", ";
                )+
                let _ = separator;
                out.push_sql(") SELECT * FROM unnest(");
                let mut separator = "";
                $(
                    out.push_sql(separator);
                    out.push_bind_param::<diesel::sql_types::Array<$sql>, _>(&self.$column)?;
                    separator = ", ";
                )+
                let _ = separator;
                out.push_sql(")");
                Ok(())
            }
        }

        impl diesel::query_builder::QueryId for $columns {
            type QueryId = Self;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl diesel::RunQueryDsl<diesel::pg::PgConnection> for $columns {}

        impl $row {
            /// Inserts them all. Nothing happens where there are none.
            pub(crate) fn insert_all(
                connection: &mut crate::database::Connection,
                rows: Vec<Self>,
            ) -> Result<(), crate::error::StoreError> {
                use diesel::RunQueryDsl as _;
                if rows.is_empty() {
                    return Ok(());
                }
                match connection {
                    crate::database::Connection::Postgres(link) => {
                        rows.into_iter().collect::<$columns>().execute(&mut **link as &mut diesel::pg::PgConnection)?;
                    }
                    crate::database::Connection::Sqlite(link, _) => {
                        let connection: &mut diesel::sqlite::SqliteConnection = &mut *link;
                        for row in rows {
                            diesel::insert_into(crate::schema::$table::table).values(row).execute(connection)?;
                        }
                    }
                }
                Ok(())
            }
        }
    };
}
pub(crate) use rows;
