//! Quotas of clients (DescribeClientQuotas), from what the node that answers knows of them.
//!
//! Reference: Kafka's `ClientQuotasImage` and `ClientQuotaControlManager`.

use std::cmp::Reverse;

use kafka_protocol::messages::describe_client_quotas_response::{EntityData, EntryData, ValueData};
use kafka_protocol::messages::{DescribeClientQuotasRequest, DescribeClientQuotasResponse};

use super::Client;
use super::calls::DESCRIBE_CLIENT_QUOTAS;
use crate::limits::CLIENT_QUOTAS_MAX;
use crate::snapshot::{ClientQuota, ClientQuotas, Failure, Kept};

/// Asks for every quota.
///
/// # Errors
/// What the lane says, and the answer's own error code.
pub async fn read_client_quotas(client: &Client, deadline_ms: u64) -> Result<ClientQuotas, Failure> {
    // No component, and not strict: every entity.
    let request = |_| DescribeClientQuotasRequest::default();
    parse_client_quotas(&client.slow.call(&DESCRIBE_CLIENT_QUOTAS, deadline_ms, request).await?)
}

/// Makes our quotas of an answer to DescribeClientQuotas.
///
/// # Errors
/// The answer's own error code.
pub fn parse_client_quotas(answer: &DescribeClientQuotasResponse) -> Result<ClientQuotas, Failure> {
    DESCRIBE_CLIENT_QUOTAS.check(answer.error_code)?;
    let mut quotas: Vec<ClientQuota> = answer.entries.iter().flatten().map(quota).collect();
    quotas.sort_by(|a, b| {
        let lowest = a.lowest_byte_rate().total_cmp(&b.lowest_byte_rate());
        Reverse(a.is_default()).cmp(&Reverse(b.is_default())).then(lowest).then_with(|| a.entity.cmp(&b.entity))
    });
    Ok(ClientQuotas { quotas: Kept::first(quotas, CLIENT_QUOTAS_MAX) })
}

fn quota(entry: &EntryData) -> ClientQuota {
    let name =
        |entity: &EntityData| (entity.entity_type.to_string(), entity.entity_name.as_ref().map(ToString::to_string));
    let limits = entry.values.iter().filter(|limit| limit.value.is_finite());
    let limit = |limit: &ValueData| (limit.key.to_string(), limit.value);
    ClientQuota { entity: entry.entity.iter().map(name).collect(), limits: limits.map(limit).collect() }
}

#[cfg(test)]
mod tests {
    use kafka_protocol::protocol::StrBytes;
    use proptest::prelude::*;

    use super::*;
    use crate::snapshot::ErrorKind;

    fn entry(kind: &'static str, name: Option<&str>, limits: &[(&'static str, f64)]) -> EntryData {
        let name = name.map(|name| StrBytes::from_string(name.to_owned()));
        let entity = EntityData::default().with_entity_type(StrBytes::from_static_str(kind)).with_entity_name(name);
        let limit = |(key, value): &(&'static str, f64)| {
            ValueData::default().with_key(StrBytes::from_static_str(key)).with_value(*value)
        };
        EntryData::default().with_entity(vec![entity]).with_values(limits.iter().map(limit).collect())
    }

    fn parsed(entries: Vec<EntryData>) -> Kept<ClientQuota> {
        parse_client_quotas(&DescribeClientQuotasResponse::default().with_entries(Some(entries))).unwrap().quotas
    }

    #[test]
    fn defaults_come_first_then_the_lowest() {
        let quotas = parsed(vec![
            entry("user", Some("fast"), &[("producer_byte_rate", 1e9)]),
            entry("user", Some("slow"), &[("consumer_byte_rate", 512.0)]),
            entry("client-id", None, &[("controller_mutation_rate", 5.0)]),
        ]);
        let names: Vec<_> = quotas.rows.iter().flat_map(|quota| quota.entity.iter()).collect();
        let named = |kind: &str, name: Option<&str>| (kind.to_owned(), name.map(str::to_owned));
        let expected = [named("client-id", None), named("user", Some("slow")), named("user", Some("fast"))];
        assert_eq!(names, expected.iter().map(|(kind, name)| (kind, name)).collect::<Vec<_>>());
        assert!(quotas.rows[0].is_default() && quotas.rows[0].lowest_byte_rate().is_infinite());
    }

    #[test]
    fn no_entry_is_none_and_a_denial_is_a_failure() {
        let nobody = DescribeClientQuotasResponse::default().with_entries(None);
        assert_eq!(parse_client_quotas(&nobody).unwrap(), ClientQuotas::default());
        let denied = parse_client_quotas(&nobody.with_error_code(31)).unwrap_err();
        assert_eq!(denied.kind, ErrorKind::Authorization);
        assert!(denied.message.contains("grant DescribeConfigs on Cluster"), "{}", denied.message);
    }

    proptest! {
        /// What is kept can be written into a snapshot and read back, whatever number a broker tells.
        #[test]
        fn no_number_is_too_odd(values in proptest::collection::vec(any::<f64>(), 0..20)) {
            let entries = values.iter().map(|value| entry("ip", Some("::1"), &[("producer_byte_rate", *value)])).collect();
            let seen = ClientQuotas { quotas: parsed(entries) };
            let text = serde_json::to_string(&seen).unwrap();
            let read = serde_json::from_str::<ClientQuotas>(&text).unwrap();
            let rates = |quotas: &ClientQuotas| -> Vec<f64> {
                quotas.quotas.rows.iter().flat_map(|quota| quota.byte_rates().map(|(_, rate)| rate)).collect()
            };
            // Read back, a number may differ in its last digit.
            for (one, other) in rates(&seen).into_iter().zip(rates(&read)) {
                prop_assert!((one - other).abs() <= one.abs() * 1e-12, "{one} {other}");
            }
            let finite = values.iter().filter(|value| value.is_finite()).count();
            prop_assert_eq!(seen.quotas.rows.iter().filter(|quota| !quota.limits.is_empty()).count(), finite);
        }
    }

    #[test]
    fn more_than_are_kept_are_counted_and_the_lowest_are_kept() {
        let name = |n: usize| format!("u{n}");
        let entries = (0..CLIENT_QUOTAS_MAX + 7)
            .map(|n| entry("user", Some(&name(n)), &[("producer_byte_rate", 1e9 - n as f64)]));
        let quotas = parsed(entries.collect());
        assert_eq!((quotas.rows.len(), quotas.left_out), (CLIENT_QUOTAS_MAX, 7));
        assert_eq!(quotas.rows[0].entity["user"], Some(name(CLIENT_QUOTAS_MAX + 6)));
    }
}
