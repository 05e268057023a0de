//! ACLs of the whole cluster (DescribeAcls), from what the node that answers knows of them.
//!
//! Reference: Kafka's `AclApis` and `StandardAuthorizer`. Every node has all ACLs, so one of them is enough.

use std::cmp::Reverse;

use kafka_protocol::messages::describe_acls_response::{AclDescription, DescribeAclsResource};
use kafka_protocol::messages::{DescribeAclsRequest, DescribeAclsResponse};

use super::Client;
use super::calls::DESCRIBE_ACLS;
use crate::limits::ACLS_MAX;
use crate::snapshot::{Acl, AclOperation, AclPattern, AclPermission, AclResource, Acls, Failure, Kept};

/// Kafka's code of ANY, in all of its enumerations.
const ANY: i8 = 1;
/// Kafka's SECURITY_DISABLED: the node has no authorizer.
const SECURITY_DISABLED: i16 = 54;

/// Asks for every ACL.
///
/// # Errors
/// What the lane says, and the answer's own error code. That the node has no authorizer is no failure.
pub async fn read_acls(client: &Client, deadline_ms: u64) -> Result<Acls, Failure> {
    let request = |_| {
        DescribeAclsRequest::default()
            .with_resource_type_filter(ANY)
            .with_resource_name_filter(None)
            .with_pattern_type_filter(ANY)
            .with_principal_filter(None)
            .with_host_filter(None)
            .with_operation(ANY)
            .with_permission_type(ANY)
    };
    parse_acls(&client.slow.call(&DESCRIBE_ACLS, deadline_ms, request).await?)
}

/// Makes our ACLs of an answer to DescribeAcls.
///
/// # Errors
/// The answer's own error code.
pub fn parse_acls(answer: &DescribeAclsResponse) -> Result<Acls, Failure> {
    if answer.error_code == SECURITY_DISABLED {
        return Ok(Acls::default());
    }
    DESCRIBE_ACLS.check(answer.error_code)?;
    let of_resource = |resource| move |acl| self::acl(resource, acl);
    let mut acls: Vec<Acl> =
        answer.resources.iter().flat_map(|resource| resource.acls.iter().map(of_resource(resource))).collect();
    // Brokers tell them in any order.
    acls.sort_unstable_by(|a, b| Reverse(a.reach()).cmp(&Reverse(b.reach())).then_with(|| a.cmp(b)));
    Ok(Acls { authorizer: true, acls: Kept::first(acls, ACLS_MAX) })
}

fn acl(resource: &DescribeAclsResource, acl: &AclDescription) -> Acl {
    Acl {
        resource: AclResource::from_code(resource.resource_type),
        pattern: AclPattern::from_code(resource.pattern_type),
        name: resource.resource_name.to_string(),
        principal: acl.principal.to_string(),
        host: acl.host.to_string(),
        operation: AclOperation::from_code(acl.operation),
        permission: AclPermission::from_code(acl.permission_type),
    }
}

#[cfg(test)]
mod tests {
    use kafka_protocol::protocol::StrBytes;
    use proptest::prelude::*;

    use super::*;
    use crate::snapshot::ErrorKind;

    fn described(principal: &str, operation: i8, permission: i8) -> AclDescription {
        AclDescription::default()
            .with_principal(StrBytes::from_string(principal.to_owned()))
            .with_host(StrBytes::from_static_str("*"))
            .with_operation(operation)
            .with_permission_type(permission)
    }

    fn resource(kind: i8, name: &str, acls: Vec<AclDescription>) -> DescribeAclsResource {
        let name = StrBytes::from_string(name.to_owned());
        DescribeAclsResource::default()
            .with_resource_type(kind)
            .with_resource_name(name)
            .with_pattern_type(3)
            .with_acls(acls)
    }

    #[test]
    fn what_reaches_farthest_comes_first() {
        let named = resource(2, "orders", vec![described("User:*", 4, 3), described("User:alice", 3, 3)]);
        let all = resource(2, "*", vec![described("User:bob", 8, 3), described("User:*", 4, 2)]);
        let cluster = resource(4, "kafka-cluster", vec![described("User:*", 2, 3)]);
        let seen = parse_acls(&DescribeAclsResponse::default().with_resources(vec![named, all, cluster])).unwrap();
        let rows = seen.acls.rows.iter().map(|acl| (acl.principal.as_str(), acl.operation.as_str(), acl.name.as_str()));
        let expected = [
            ("User:*", "All", "kafka-cluster"),
            ("User:bob", "Describe", "*"),
            ("User:*", "Write", "*"),
            ("User:*", "Write", "orders"),
            ("User:alice", "Read", "orders"),
        ];
        assert_eq!(rows.collect::<Vec<_>>(), expected);
        assert!(seen.authorizer && seen.acls.left_out == 0);
    }

    #[test]
    fn without_an_authorizer_there_are_none_and_a_denial_is_a_failure() {
        let told = |code| parse_acls(&DescribeAclsResponse::default().with_error_code(code));
        assert_eq!(told(SECURITY_DISABLED).unwrap(), Acls::default());
        assert!(!told(SECURITY_DISABLED).unwrap().authorizer);
        let denied = told(31).unwrap_err();
        assert_eq!(denied.kind, ErrorKind::Authorization);
        assert!(denied.message.contains("grant Describe on Cluster"), "{}", denied.message);
        assert!(told(0).unwrap().authorizer, "one with no ACL at all");
    }

    #[test]
    fn more_than_are_kept_are_counted_and_the_widest_are_kept() {
        for (extra, at) in [(1, 0), (40, 1_000), (3, ACLS_MAX + 2)] {
            let mut acls: Vec<_> = (1..ACLS_MAX + extra).map(|n| described(&format!("User:u{n}"), 3, 3)).collect();
            acls.insert(at, described("User:*", 3, 3));
            let seen = parse_acls(&DescribeAclsResponse::default().with_resources(vec![resource(2, "orders", acls)]));
            let acls = seen.unwrap().acls;
            assert_eq!((acls.rows.len(), acls.left_out), (ACLS_MAX, extra));
            assert!(acls.rows[0].is_for_everybody());
        }
    }

    proptest! {
        #[test]
        fn no_answer_is_too_odd(
            codes in proptest::array::uniform4(any::<i8>()),
            error in any::<i16>(),
            names in proptest::array::uniform3(".{0,20}"),
        ) {
            let [kind, pattern, operation, permission] = codes;
            let acl = described(&names[0], operation, permission).with_host(StrBytes::from_string(names[1].clone()));
            let told = resource(kind, &names[2], vec![acl]).with_pattern_type(pattern);
            let answer = DescribeAclsResponse::default().with_error_code(error).with_resources(vec![told]);
            match parse_acls(&answer) {
                Ok(seen) => {
                    let text = serde_json::to_string(&seen).unwrap();
                    prop_assert_eq!(serde_json::from_str::<Acls>(&text).unwrap(), seen);
                }
                Err(_) => prop_assert!(error != 0 && error != SECURITY_DISABLED),
            }
        }
    }
}
