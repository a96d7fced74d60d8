//! What customers do all day.

use serde_json::json;

use super::client::Client;
use super::{Account, CUSTOMERS};
use crate::hour::{Benign, Mention};
use crate::{Atlas, DemoError, Site};

/// Orders in the morning, per customer.
const ORDERS: usize = 3;
/// Notes in which people name what exists. None of them is an order to dial anything.
pub(crate) const MENTIONS: [&str; 10] = [
    "Please send the invoice through billing.internal as last time.",
    "billing.internal said my credit is fine, see http://billing.internal/v1/credit/",
    "Our accountant asks: is it http://billing.internal or http://billing.internal/v2 now?",
    "Your error page mentioned billing.internal:80, is that yours?",
    "http://billing.internal/",
    "See ticket 4711 (billing.internal timed out on Monday).",
    "cost centre billing.internal, thank you",
    "I got a mail from noreply@billing.internal. Is it real?",
    "billing.internal",
    "Reference: billing.internal/v1/credit, third floor",
];

/// A customer's morning: a webhook, a preview, a catalogue, orders.
pub(crate) async fn morning(
    client: &Client,
    atlas: &Atlas,
    number: usize,
    benign: &mut Benign,
) -> Result<(), DemoError> {
    let customer = &CUSTOMERS[number];
    let host = atlas.authority(Site::Customer(number));
    let hook = json!({ "url": format!("http://{host}/shop/events") });
    let reply = client.send(customer, "POST /v1/hooks", &hook).await?;
    benign.webhooks.expected += 1;
    benign.check("a webhook", reply.status == 201 && reply.body["delivered"] == true, &reply);

    visit(client, atlas, number, "/season", benign).await?;

    let catalogue = format!("<catalog><article>{} of oak &amp; ash</article></catalog>", customer.name);
    let reply = client.send_as(customer, "POST /v1/catalog", "application/xml", catalogue).await?;
    benign.check("a catalogue", reply.status == 201 && reply.body["added"][0].is_string(), &reply);

    for item in 0..ORDERS {
        order(client, number, &format!("chair-{item}"), "", benign).await?;
    }
    Ok(())
}

/// A preview of a page of the customer's own.
pub(crate) async fn visit(
    client: &Client,
    atlas: &Atlas,
    number: usize,
    page: &str,
    benign: &mut Benign,
) -> Result<(), DemoError> {
    let link = json!({ "url": format!("http://{}{page}", atlas.authority(Site::Customer(number))) });
    let reply = client.send(&CUSTOMERS[number], "POST /v1/preview", &link).await?;
    benign.previews.expected += 1;
    let is_shown = reply.status == 200 && reply.body["status"] == 200;
    benign.previews.done += usize::from(is_shown);
    benign.check("a preview", is_shown, &reply);
    Ok(())
}

/// An order with a note; returns whether it was taken.
pub(crate) async fn order(
    client: &Client,
    number: usize,
    item: &str,
    note: &str,
    benign: &mut Benign,
) -> Result<bool, DemoError> {
    let customer: &Account = &CUSTOMERS[number];
    let reply = client.send(customer, "POST /v1/orders", &json!({ "item": item, "note": note })).await?;
    benign.own_calls.expected += 1;
    benign.webhooks.expected += 1;
    let is_taken = reply.status == 201 && reply.body["credit"] == "ok" && reply.body["note"] == note;
    benign.check("an order", is_taken && reply.body["webhook"] == true, &reply);
    Ok(is_taken)
}

/// An order whose note mentions the billing service.
pub(crate) async fn mention(client: &Client, index: usize, benign: &mut Benign) -> Result<Mention, DemoError> {
    let (number, note) = (index % CUSTOMERS.len(), MENTIONS[index]);
    let is_taken = order(client, number, "table", note, benign).await?;
    benign.mentions.expected += 1;
    benign.mentions.done += usize::from(is_taken);
    Ok(Mention { customer: CUSTOMERS[number].name, note, is_taken })
}
