//! What is promised of each attack.

use sortie_demo::Attack;
use sortie_model::finding::Rung;

/// How far an attack gets where nobody stops it.
pub(super) fn rung(attack: Attack) -> Rung {
    match attack {
        // An open port answers the webhook; the caller learns its state only.
        Attack::Hunt | Attack::Sweep => Rung::E4,
        Attack::Redirect | Attack::Billing | Attack::Entity => Rung::E5,
    }
}
