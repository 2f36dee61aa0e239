//! The families of the sandbox: children, who is responsible for them and who lives where, and other close relatives.

use domain::person::Protection;
use domain::register::{ResponsibilityKind, Responsible};

use super::persons::{Row, parse, person, protected, shows};
use ResponsibilityKind::{CoMother, Father, Mother, Other, Shared, Unknown};

/// A child, its parents, and who is responsible for it: of which kind, and whether they live at the child's address.
struct Family {
    child: &'static str,
    parents: &'static [&'static str],
    responsible: &'static [(&'static str, ResponsibilityKind, bool)],
}

/// The children and their parents.
#[rustfmt::skip]
pub(super) const MEMBERS: [Row; 30] = [
    person("15832250004", "Lille Testesen", (2022, 3, 15), &[
        shows("CHI-8", "a child of four, who reads nothing alone"),
        shows("CHI-1", "a child under 12"),
    ]),
    person("14849100018", "Mona Testesen", (1991, 4, 14), &[
        shows("CHI-1", "parent of a child under 12"),
        shows("CHI-12", "parent who consents for a child"),
        shows("RET-10", "parent who sees the access log of a child under 12"),
    ]),
    person("02898900129", "Frode Testesen", (1989, 9, 2), &[
        shows("CHI-2", "parent who lives elsewhere than the child, which lives with the other parent"),
    ]),
    person("20851950088", "Berte Prøve", (2019, 5, 20), &[
        shows("CHI-2", "a child of seven, at whose address nobody is responsible"),
    ]),
    person("11828800029", "Bodil Prøve", (1988, 2, 11), &[
        shows("CHI-2", "parent of a child at whose address nobody is responsible"),
    ]),
    person("30878600130", "Bjarne Prøve", (1986, 7, 30), &[
        shows("CHI-2", "parent of a child at whose address nobody is responsible"),
    ]),
    person("30911450042", "Nesten Tolv Testesen", (2014, 11, 30), &[
        shows("CHI-3", "turns 12 on 2026-11-30"),
        shows("CHI-5", "turns 12 on 2026-11-30: the parent stops writing"),
    ]),
    person("17868500050", "Nina Testesen", (1985, 6, 17), &[
        shows("CHI-3", "parent of a child who turns 12 on 2026-11-30"),
    ]),
    person("10821450123", "Tolv Testesen", (2014, 2, 10), &[
        shows("CON-12", "a child of 12, too young for access of its own"),
        shows("CHI-3", "a child of 12 to 15"),
    ]),
    person("05928400079", "Tora Testesen", (1984, 12, 5), &[
        shows("CHI-3", "parent of a child of 12 to 15"),
        shows("CHI-5", "parent who does not write for a child of 12"),
    ]),
    person("21838300186", "Tore Testesen", (1983, 3, 21), &[
        shows("PDLDOC", "parent without parental responsibility, at the child's address"),
    ]),
    person("01861350130", "Tretten Testesen", (2013, 6, 1), &[
        shows("CHI-8", "a child of 13, who can have access of its own"),
        shows("CHI-10", "a child of 13, who arranges some things alone"),
        shows("CHI-9", "a child of 13, who does not see what a parent wrote"),
    ]),
    person("19887900135", "Terje Testesen", (1979, 8, 19), &[
        shows("CHI-3", "parent of a child of 12 to 15"),
        shows("CHI-8", "parent who gives a child of 13 access of its own"),
    ]),
    person("25818100291", "Unni Testesen", (1981, 1, 25), &[
        shows("PDLDOC", "parent of whom the register does not know whether they are responsible"),
    ]),
    person("31921050189", "Nesten Seksten", (2010, 12, 31), &[
        shows("CHI-4", "turns 16 on 2026-12-31"),
        shows("CHI-10", "a child of 15, who arranges some things alone"),
    ]),
    person("09907800080", "Sonja Seksten", (1978, 10, 9), &[
        shows("CHI-4", "parent of a child who turns 16 on 2026-12-31"),
        shows("CHI-3", "parent of a child of 12 to 15"),
    ]),
    person("03857700138", "Steinar Seksten", (1977, 5, 3), &[
        shows("CHI-4", "parent of a child who turns 16 on 2026-12-31"),
        shows("CHI-3", "parent of a child of 12 to 15"),
    ]),
    person("20810950170", "Sytten Prøve", (2009, 1, 20), &[
        shows("CHI-4", "a young person of 17, who decides alone"),
        shows("FUL-2", "a young person of 17: may give a power of attorney, and hold none"),
    ]),
    person("12917500035", "Sigrid Prøve", (1975, 11, 12), &[
        shows("CHI-4", "parent of a young person of 17"),
    ]),
    person("08881750148", "Ask Prøve", (2017, 8, 8), &[
        shows("SIVILOMBUDET", "a child for whom a court has put another in charge"),
    ]),
    person("27846900069", "Anne Tante Prøve", (1969, 4, 27), &[
        shows("SIVILOMBUDET", "no parent, and responsible for a child by a court's decision"),
        shows("CHI-1", "responsible for a child under 12"),
    ]),
    person("29821650087", "Skudd Prøve", (2016, 2, 29), &[
        shows("CHI-3", "born on 29 February: turns 12 on 2028-02-29"),
        shows("CHI-8", "born on 29 February: turns 13 on 2029-03-01"),
    ]),
    person("14898700055", "Kaja Medmor Prøve", (1987, 9, 14), &[
        shows("CHI-1", "co-mother of a child under 12"),
    ]),
    person("06862050000", "Hanna Prøve", (2020, 6, 6), &[
        shows("ADR-5", "a child one of whose parents has a protected address"),
    ]),
    person("19819000002", "Helga Prøve", (1990, 1, 19), &[
        shows("CHI-1", "parent of a child under 12, whose other parent has a protected address"),
    ]),
    protected("23888800360", "Hemmelig Far Prøve", (1988, 8, 23), Protection::StrictlyConfidential, &[
        shows("ADR-5", "parent with a protected address: does not act for the child"),
    ]),
    protected("10901850084", "Ida Prøve", (2018, 10, 10), Protection::Confidential, &[
        shows("ADR-5", "a child with a protected address: nobody acts for it"),
        shows("CHI-15", "a child with a protected address"),
    ]),
    protected("08839200014", "Ingunn Prøve", (1992, 3, 8), Protection::Confidential, &[
        shows("ADR-5", "parent of a child with a protected address, which is hers too"),
    ]),
    person("01929000168", "Ivar Prøve", (1990, 12, 1), &[
        shows("ADR-5", "parent of a child with a protected address"),
    ]),
    person("15811550059", "Pia Pasient Prøve", (2015, 1, 15), &[
        shows("ADR-7", "a patient whose mother is a nurse"),
        shows("CHI-1", "a child under 12"),
    ]),
];

#[rustfmt::skip]
const FAMILIES: [Family; 13] = [
    Family { child: "15832250004", parents: &["14849100018", "02898900129"],
        responsible: &[("14849100018", Shared, true), ("02898900129", Shared, false)] },
    Family { child: "20851950088", parents: &["11828800029", "30878600130"],
        responsible: &[("11828800029", Shared, false), ("30878600130", Shared, false)] },
    Family { child: "30911450042", parents: &["17868500050"], responsible: &[("17868500050", Mother, true)] },
    Family { child: "10821450123", parents: &["05928400079", "21838300186"],
        responsible: &[("05928400079", Mother, true)] },
    Family { child: "01861350130", parents: &["19887900135", "25818100291"],
        responsible: &[("19887900135", Father, true), ("25818100291", Unknown, true)] },
    Family { child: "31921050189", parents: &["09907800080", "03857700138"],
        responsible: &[("09907800080", Shared, true), ("03857700138", Shared, true)] },
    Family { child: "20810950170", parents: &["12917500035"], responsible: &[("12917500035", Mother, true)] },
    Family { child: "08881750148", parents: &[], responsible: &[("27846900069", Other, true)] },
    Family { child: "29821650087", parents: &["14898700055"], responsible: &[("14898700055", CoMother, true)] },
    Family { child: "06862050000", parents: &["19819000002", "23888800360"],
        responsible: &[("19819000002", Shared, true), ("23888800360", Shared, false)] },
    Family { child: "10901850084", parents: &["08839200014", "01929000168"],
        responsible: &[("08839200014", Shared, true), ("01929000168", Shared, false)] },
    Family { child: "15811550059", parents: &["16858600042"], responsible: &[("16858600042", Mother, true)] },
    Family { child: "01902650039", parents: &["27839600262"], responsible: &[("27839600262", Mother, true)] },
];

/// Close relatives who are grown up: each of the other.
const RELATIVES: [(&str, &str); 2] = [("12835000107", "24868000291"), ("04914800000", "06847600134")];

/// Who has a guardian, and who that is.
const GUARDIANS: [(&str, &str); 1] = [("20906000025", "15887000120")];

/// Who is responsible for a person.
pub(super) fn responsible(number: &str) -> Vec<Responsible> {
    let of_child = FAMILIES.iter().filter(|family| family.child == number);
    of_child
        .flat_map(|family| family.responsible)
        .filter_map(|(number, kind, shares_address)| {
            Some(Responsible { national_id: parse(number)?, kind: *kind, shares_address: *shares_address })
        })
        .collect()
}

/// A person's guardians.
pub(super) fn guardians(number: &str) -> Vec<&'static str> {
    GUARDIANS.iter().filter(|(ward, _)| *ward == number).map(|(_, guardian)| *guardian).collect()
}

/// A person's parents, children and other close relatives.
pub(super) fn family(number: &str) -> Vec<&'static str> {
    let pairs = FAMILIES.iter().flat_map(|family| family.parents.iter().map(|parent| (family.child, *parent)));
    pairs
        .chain(RELATIVES)
        .filter_map(|pair| match pair {
            (one, other) if one == number => Some(other),
            (one, other) if other == number => Some(one),
            _ => None,
        })
        .collect()
}
