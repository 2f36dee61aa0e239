//! Service areas: what a power of attorney can cover (FUL-3).

use diesel::prelude::*;
use domain::access::PlatformAct;
use domain::audit::Subject;
use domain::organisation::Name;
use domain::power_of_attorney::ServiceArea;
use domain::service_area::{AreaNames, NamedServiceArea};

use crate::Store;
use crate::context::Context;
use crate::database::{Connection, on};
use crate::error::{Failure, StoreError};
use crate::schema::service_area;

const CORRUPT: StoreError = StoreError::Corrupt { what: "service area" };

type AreaRow = (i16, String, String, String);

impl Store {
    /// Every service area, in the order of the codes. Their names are public.
    ///
    /// # Errors
    /// The store away.
    pub async fn service_area_list(&self) -> Result<Vec<NamedServiceArea>, Failure> {
        self.run(|_, connection| Ok(all(connection)?)).await
    }

    /// Names a service area; one with a new code can be chosen from now on.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn service_area_put(
        &self,
        context: &Context,
        code: ServiceArea,
        names: AreaNames,
    ) -> Result<NamedServiceArea, Failure> {
        let action = PlatformAct::NAME_SERVICE_AREA;
        self.for_platform(context, action, Subject::Platform, move |_, connection, _| {
            let AreaNames { bokmal, nynorsk, english } = &names;
            let texts = (
                service_area::name_nb.eq(bokmal.as_str().to_owned()),
                service_area::name_nn.eq(nynorsk.as_str().to_owned()),
                service_area::name_en.eq(english.as_str().to_owned()),
            );
            on!(connection, c => diesel::insert_into(service_area::table)
                .values((service_area::code.eq(code.0), texts.clone()))
                .on_conflict(service_area::code)
                .do_update()
                .set(texts)
                .execute(c))?;
            Ok((NamedServiceArea { code, names }, None))
        })
        .await
    }
}

/// Every service area, in the order of the codes.
pub(crate) fn all(connection: &mut Connection) -> Result<Vec<NamedServiceArea>, StoreError> {
    let rows = on!(connection, c => service_area::table
        .order(service_area::code)
        .select((service_area::code, service_area::name_nb, service_area::name_nn, service_area::name_en))
        .load::<AreaRow>(c))?;
    rows.into_iter().map(area_from).collect()
}

fn area_from((code, bokmal, nynorsk, english): AreaRow) -> Result<NamedServiceArea, StoreError> {
    let name = |text: &str| Name::parse(text).map_err(|_| CORRUPT);
    let names = AreaNames { bokmal: name(&bokmal)?, nynorsk: name(&nynorsk)?, english: name(&english)? };
    Ok(NamedServiceArea { code: ServiceArea(code), names })
}
