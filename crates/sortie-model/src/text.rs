//! Numbers as people read them.

/// A number with a comma at every thousand: `1,204`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A probability to three digits: `0.998`. Never 1: nothing is so sure.
pub fn probability(p: f64) -> String {
    if p > 0.999 { "> 0.999".to_owned() } else { format!("{p:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_probability_is_shown_as_certain() {
        for (p, shown) in [(0.0, "0.000"), (0.9984, "0.998"), (0.999, "0.999"), (0.9991, "> 0.999"), (1.0, "> 0.999")] {
            assert_eq!(probability(p), shown);
        }
    }

    #[test]
    fn thousands_are_set_apart() {
        for (number, shown) in [(0, "0"), (999, "999"), (1_204, "1,204"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(number), shown);
        }
    }
}
