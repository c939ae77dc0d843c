//! Documents that are drawn from the catalogue.

use std::fmt::Write as _;

use rules::catalogue::{CATALOGUE, Entry};
use wire::activities::Support;
use wire::activities::endpoint::{Endpoint, SUBMIT, TYPE_PREFIX, submission};

use crate::world::check_table;

const INTRODUCTION: &str = "\
# Activities

What can be asked to be done, one row for each kind. An activity is posted to
`/public/v1/submit/` and its name in lower case, with a `type` of `ACTIVITY_TYPE_`, its name and,
from the second version on, `_V2` and so on; every version is read.

*Resource* and *action* are the protocol's words for it. *Held* says whether it waits when the root
quorum needs more approvals; a vote never does, it is one person's. Where *quorum only* stands, no
other permission will ever do. Users outside the root quorum manage their own credentials and
nothing else; `crates/rules/tests/matrix.txt` has all of it.

This page is drawn from `rules::catalogue` and `wire::activities::endpoint`;
`ZEGEL_UPDATE_TABLES=1 cargo test -p rules` draws it again.
";

const NOT_SERVED: &str = "\
## Not served

The protocol has these paths as well; this server answers that it does not serve them.
";

#[test]
fn the_table_of_activities_is_drawn_from_the_catalogue() {
    let mut page = format!("{INTRODUCTION}\n");
    page += "| activity | versions | resource | action | quorum only | held | what it does |\n";
    page += "|---|---|---|---|---|---|---|\n";
    for entry in CATALOGUE {
        let Entry {
            name,
            resource,
            action,
            quorum_only,
            holdable,
            doc,
        } = *entry;
        let Endpoint { versions, .. } = endpoint_of(entry);
        let (quorum_only, held) = (yes(quorum_only), yes(holdable));
        let governed = format!("{resource:?} | {action:?} | {quorum_only} | {held}");
        writeln!(page, "| `{name}` | {versions} | {governed} | {doc} |").unwrap();
    }
    write!(page, "\n{NOT_SERVED}\n").unwrap();
    for endpoint in SUBMIT
        .iter()
        .filter(|endpoint| endpoint.support == Support::NotServed)
    {
        writeln!(page, "- `{}`", endpoint.name).unwrap();
    }
    check_table("docs/activities.md", &page);
}

#[test]
fn every_kind_is_served_and_every_served_path_has_a_kind() {
    for entry in CATALOGUE {
        let endpoint = endpoint_of(entry);
        assert_eq!(endpoint.support, Support::Served, "{}", entry.name);
        assert!(
            endpoint.accepts(&format!("{TYPE_PREFIX}{}", entry.name)),
            "{}",
            entry.name
        );
    }
    let served = SUBMIT
        .iter()
        .filter(|endpoint| endpoint.support == Support::Served)
        .count();
    assert_eq!(served, CATALOGUE.len());
}

fn endpoint_of(entry: &Entry) -> &'static Endpoint {
    submission(&entry.name.to_ascii_lowercase()).expect(entry.name)
}

fn yes(flag: bool) -> &'static str {
    if flag { "yes" } else { "" }
}
