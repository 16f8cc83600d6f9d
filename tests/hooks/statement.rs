//! The helpers that compare a request with its statement and its certificate: each accepts and refuses.

use oauth_dcr::{ClientCertificate, Draft, HookContext, HookError, HookFns};
use serde_json::{Value, json};

use crate::keys::with;
use crate::support::*;
use crate::wire::Answer;

type Check = fn(&HookContext<'_>, &Draft<'_>) -> Result<(), HookError>;

/// What a check says of a request and a certificate.
async fn judged(
    check: Check,
    config: Value,
    certificate: Option<ClientCertificate>,
    request: &Value,
) -> Answer {
    let hook = HookFns::default().on_create(move |cx, draft| check(cx, draft));
    let host = host(with(directory(), config), |builder| builder.script_hook(hook));
    let answer = host.post_as(None, certificate, request).await;
    assert_eq!(host.store.len(), usize::from(answer.status == 201));
    answer
}

fn certificate(attributes: &[(&str, &str)]) -> Option<ClientCertificate> {
    let certificate = ClientCertificate::new("CN=s6BhdRkqt3,OU=org-1");
    Some(attributes.iter().fold(certificate, |certificate, (name, value)| match *name {
        "issuer_dn" => certificate.with_issuer(*value),
        name => certificate.with_attribute(name, *value),
    }))
}

fn good_certificate() -> Option<ClientCertificate> {
    certificate(&[("subject.CN", "s6BhdRkqt3"), ("subject.OU", "org-1")])
}

#[track_caller]
fn accepts(answer: &Answer) {
    assert_eq!(answer.status, 201, "{}", answer.text());
}

#[tokio::test]
async fn there_is_a_statement() {
    let check: Check = |cx, _| cx.validate_ssa_not_null();
    accepts(&judged(check, json!({}), None, &presenting(json!({}))).await);
    let answer = judged(check, json!({}), None, &plain(json!({}))).await;
    answer.assert_error(400, "invalid_software_statement", "software_statement: must be given");
}

#[tokio::test]
async fn redirection_uris_are_attested() {
    let usual: Check = |cx, draft| cx.validate_ssa_redirect_uri(draft, "software_redirect_uris");
    let named: Check = |cx, draft| cx.validate_ssa_redirect_uri(draft, "callbacks");
    let other = "https://other.example.org/cb";
    for (check, claims) in [
        (usual, json!({ "software_redirect_uris": [other, REDIRECT] })),
        (usual, json!({ "software_redirect_uris": REDIRECT })),
        (usual, json!({})),
        (usual, json!({ "software_redirect_uris": null, "callbacks": [] })),
        (named, json!({ "callbacks": [REDIRECT], "software_redirect_uris": [] })),
    ] {
        accepts(&judged(check, json!({}), None, &presenting(claims)).await);
    }
    accepts(&judged(usual, json!({}), None, &plain(json!({}))).await);
    for (check, claims, description) in [
        (
            usual,
            json!({ "software_redirect_uris": [other] }),
            "redirect_uris[0]: must be in software_redirect_uris of the software statement",
        ),
        (
            usual,
            json!({ "software_redirect_uris": [] }),
            "redirect_uris[0]: must be in software_redirect_uris of the software statement",
        ),
        (
            named,
            json!({ "callbacks": format!("{REDIRECT}/") }),
            "redirect_uris[0]: must be in callbacks of the software statement",
        ),
    ] {
        let answer = judged(check, json!({}), None, &presenting(claims)).await;
        answer.assert_error(400, "invalid_redirect_uri", description);
    }
    let second = with(
        presenting(json!({ "software_redirect_uris": [REDIRECT] })),
        json!({ "redirect_uris": [REDIRECT, other] }),
    );
    let description = "redirect_uris[1]: must be in software_redirect_uris of the software statement";
    judged(usual, json!({}), None, &second).await.assert_error(400, "invalid_redirect_uri", description);
}

#[tokio::test]
async fn the_software_is_the_attested_one() {
    let check: Check = |cx, _| cx.validate_software_id();
    let sent = |id: Value| with(presenting(json!({})), json!({ "software_id": id }));
    for request in [sent(json!("s6BhdRkqt3")), sent(json!(null)), presenting(json!({}))] {
        accepts(&judged(check, json!({}), None, &request).await);
    }
    let description = "software_id: must be that of the software statement";
    let without = plain(json!({ "software_id": "s6BhdRkqt3" }));
    for request in [sent(json!("another")), without] {
        let answer = judged(check, json!({}), None, &request).await;
        answer.assert_error(400, "invalid_client_metadata", description);
    }
}

#[tokio::test]
async fn the_subject_has_cn_and_ou() {
    let check: Check = |cx, _| cx.validate_cert_subject_has_cn_and_ou();
    accepts(&judged(check, json!({}), good_certificate(), &plain(json!({}))).await);
    let description = "the subject of the client certificate must have CN and OU";
    for certificate in [
        None,
        certificate(&[("subject.O", "Example")]),
        certificate(&[("subject.O", "Example"), ("subject.CN", "s6BhdRkqt3")]),
        certificate(&[("subject.O", "Example"), ("subject.OU", "org-1")]),
        certificate(&[("subject.CN", "s6BhdRkqt3"), ("subject.OU", "")]),
    ] {
        let answer = judged(check, json!({}), certificate, &plain(json!({}))).await;
        answer.assert_error(400, "invalid_client_metadata", description);
    }
}

#[tokio::test]
async fn the_subject_is_the_attested_one() {
    let cn: Check = |cx, _| cx.validate_cn_equals_software_id();
    let ou: Check = |cx, _| cx.validate_ou_equals_org_id();
    let attested = presenting(json!({ "org_id": "org-1" }));
    accepts(&judged(cn, json!({}), good_certificate(), &attested).await);
    let units = certificate(&[("subject.OU", "Payments"), ("subject.OU", "org-1")]);
    accepts(&judged(ou, json!({}), units, &attested).await);
    accepts(&judged(ou, json!({}), good_certificate(), &attested).await);

    let other = || certificate(&[("subject.CN", "S6BhdRkqt3"), ("subject.OU", "org-1 ")]);
    let unattested = presenting(json!({ "software_id": null }));
    for (check, description) in [
        (cn, "the CN of the client certificate must be the software_id of the software statement"),
        (ou, "the OU of the client certificate must be the org_id of the software statement"),
    ] {
        for (certificate, request) in [
            (None, &attested),
            (other(), &attested),
            (good_certificate(), &unattested),
            (good_certificate(), &plain(json!({}))),
        ] {
            let answer = judged(check, json!({}), certificate, request).await;
            answer.assert_error(400, "invalid_client_metadata", description);
        }
    }
}

#[tokio::test]
async fn issuers_are_trusted() {
    let check: Check = |cx, _| cx.validate_issuer();
    let trusting = |names: &[&str]| {
        let issuers: serde_json::Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
        json!({ "trustedSsaIssuers": issuers })
    };
    let authority = "CN=Directory CA,C=GB";
    let issued = |issuer| certificate(&[("issuer_dn", issuer)]);
    let statement = presenting(json!({}));
    for (config, certificate, request) in [
        // With no list there is nothing to compare.
        (json!({}), issued("CN=Unknown"), &statement),
        (json!({}), None, &plain(json!({}))),
        (trusting(&[ISSUER]), None, &statement),
        (trusting(&[ISSUER, authority]), issued(authority), &statement),
        (trusting(&[ISSUER, authority]), issued("c=GB, cn=Directory CA"), &statement),
    ] {
        accepts(&judged(check, config, certificate, request).await);
    }
    let (of_statement, of_certificate) = (
        "the issuer of the software statement is not trusted here",
        "the issuer of the client certificate is not trusted here",
    );
    for (config, certificate, request, description) in [
        (trusting(&[ISSUER]), None, &plain(json!({})), of_statement),
        (trusting(&[ISSUER]), issued(authority), &statement, of_certificate),
        (trusting(&[ISSUER, authority]), issued("CN=Unknown"), &statement, of_certificate),
        (trusting(&[ISSUER, authority]), good_certificate(), &statement, of_certificate),
    ] {
        let answer = judged(check, config, certificate, request).await;
        answer.assert_error(400, "invalid_client_metadata", description);
    }
}

/// All of them, in their order.
#[tokio::test]
async fn everything_together() {
    let check: Check = |cx, draft| cx.validate_ssa(draft);
    let attested = json!({ "org_id": "org-1", "software_redirect_uris": [REDIRECT] });
    let good = presenting(attested.clone());
    let config = json!({ "trustedSsaIssuers": { ISSUER: {}, "CN=CA": {} } });
    let subject = [("subject.CN", "s6BhdRkqt3"), ("subject.OU", "org-1"), ("issuer_dn", "CN=CA")];
    accepts(&judged(check, config.clone(), certificate(&subject), &good).await);
    for (request, attributes, code, description) in [
        (plain(json!({})), &subject[..0], "invalid_software_statement", "software_statement: must be given"),
        (
            with(presenting(json!({ "software_redirect_uris": [] })), json!({ "software_id": "another" })),
            &subject[..0],
            "invalid_redirect_uri",
            "redirect_uris[0]: must be in software_redirect_uris of the software statement",
        ),
        (
            with(good.clone(), json!({ "software_id": "another" })),
            &subject[..0],
            "invalid_client_metadata",
            "software_id: must be that of the software statement",
        ),
        (
            good.clone(),
            &subject[..1],
            "invalid_client_metadata",
            "the subject of the client certificate must have CN and OU",
        ),
        (
            presenting(with(attested.clone(), json!({ "software_id": "another", "org_id": "another" }))),
            &subject[..2],
            "invalid_client_metadata",
            "the CN of the client certificate must be the software_id of the software statement",
        ),
        (
            presenting(with(attested, json!({ "org_id": "another" }))),
            &subject[..2],
            "invalid_client_metadata",
            "the OU of the client certificate must be the org_id of the software statement",
        ),
        (
            good.clone(),
            &subject[..2],
            "invalid_client_metadata",
            "the issuer of the client certificate is not trusted here",
        ),
    ] {
        let answer = judged(check, config.clone(), certificate(attributes), &request).await;
        answer.assert_error(400, code, description);
    }
}
