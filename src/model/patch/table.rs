//! The entities whose patches a table describes: each path with its verbs and the form of its values.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Verb;
use crate::model::{
    Account, ApiKey, Authorizer, ClientCertificate, Deployment, DocumentationPart,
    DocumentationVersion, DomainName, GatewayResponse, Integration, IntegrationResponse, Method,
    MethodResponse, Model, RequestValidator, Resource, RestApi, VpcLink,
};

/// How an entity words its refusals of paths. Source: `spec/rest/control-plane.md` §5 (recorded for the entities named there).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum Wording {
    /// Names the paths there are.
    Listing,
    /// Only the path that was wrong.
    Plain,
}

/// The form of a value and where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Text; an empty one takes the member away.
    Text,
    /// Text; an empty one stays.
    AnyText,
    /// True or false; no value is false.
    Boolean,
    /// A whole number; no value takes the member away.
    Integer,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `/map/{key}`, with the text for a key that isn't there.
    Texts(&'static str),
    /// `/map/{key}`, true or false.
    Booleans(&'static str),
    /// `/map/{content type}`; an empty template is kept as null.
    Templates(&'static str),
    /// `/list/{value}` only; `replace` drops that value and appends the operation's.
    Keyed,
    /// The same, or `/list/{number}`, which is how Terraform's provider names an endpoint type.
    Numbered,
    /// `/list/{value}`, `/list` and the value in the operation, or `/list/{number}` as above.
    List,
    /// Accepted for its own sake: a legacy member without effect.
    Ignored,
}

/// One path of an entity.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Row {
    pub(super) path: &'static str,
    pub(super) verbs: &'static [Verb],
    pub(super) form: Form,
}

const A: Verb = Verb::Add;
const R: Verb = Verb::Replace;
const X: Verb = Verb::Remove;

const fn row(path: &'static str, verbs: &'static [Verb], form: Form) -> Row {
    Row { path, verbs, form }
}

const NO_PARAMETER: &str = "Invalid parameter name specified";
const NO_CONTENT_TYPE: &str = "Content-Type specified was not found";

/// An entity that a table of paths describes.
pub trait Patchable: Serialize + DeserializeOwned {
    #[doc(hidden)]
    const WORDING: Wording;
    #[doc(hidden)]
    const ROWS: &'static [Row];
}

macro_rules! patchable {
    ($($entity:ty, $wording:ident: $($path:literal [$($verb:ident)*] $form:expr;)*)*) => {
        $(impl Patchable for $entity {
            const WORDING: Wording = Wording::$wording;
            const ROWS: &'static [Row] = {
                use Form::*;
                &[$(row($path, &[$($verb),*], $form)),*]
            };
        })*
    };
}

patchable! {
    // The order of rows is the order in which refusals list them (recorded for resources and validators).
    RestApi, Plain:
        "/apiKeySource" [R] Word(&["HEADER", "AUTHORIZER"]);
        "/binaryMediaTypes" [A R X] Keyed;
        "/description" [A R X] Text;
        "/disableExecuteApiEndpoint" [R] Boolean;
        "/endpointConfiguration/types" [R] Numbered;
        "/endpointConfiguration/vpcEndpointIds" [A X] List;
        "/endpointConfiguration/ipAddressType" [R] Word(&["ipv4", "dualstack"]);
        "/endpointAccessMode" [R] Text;
        "/minimumCompressionSize" [R] Integer;
        "/name" [R] Text;
        "/policy" [R] Text;
        "/securityPolicy" [R] Text;
        "/version" [R] Text;
    Resource, Listing:
        "/parentId" [R] Text;
        "/pathPart" [R] Text;
    Method, Listing:
        "/apiKeyRequired" [R] Boolean;
        "/authorizationScopes" [A X] List;
        "/authorizationType" [R] Text;
        "/authorizerId" [R] Text;
        "/operationName" [R] Text;
        "/requestModels" [A R X] Texts(NO_CONTENT_TYPE);
        "/requestParameters" [A R X] Booleans(NO_PARAMETER);
        "/requestValidatorId" [R] Text;
    MethodResponse, Plain:
        "/responseModels" [A R X] Texts(NO_CONTENT_TYPE);
        "/responseParameters" [A R X] Booleans(NO_PARAMETER);
    Integration, Listing:
        "/cacheKeyParameters" [A R X] List;
        "/cacheNamespace" [R] Text;
        "/connectionId" [R] Text;
        "/connectionType" [R] Word(&["INTERNET", "VPC_LINK"]);
        "/contentHandling" [R] Word(&["CONVERT_TO_BINARY", "CONVERT_TO_TEXT"]);
        "/credentials" [R] Text;
        "/httpMethod" [R] Text;
        "/integrationTarget" [R] Text;
        "/passthroughBehavior" [R] Word(&["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"]);
        "/requestParameters" [A R X] Texts(NO_PARAMETER);
        "/requestTemplates" [A R X] Templates(NO_CONTENT_TYPE);
        "/responseTransferMode" [R] Word(&["BUFFERED", "STREAM"]);
        "/timeoutInMillis" [R] Integer;
        "/tlsConfig/insecureSkipVerification" [R] Boolean;
        "/type" [] Text;
        "/uri" [R] Text;
    IntegrationResponse, Listing:
        "/contentHandling" [R] Word(&["CONVERT_TO_BINARY", "CONVERT_TO_TEXT"]);
        "/responseParameters" [A R X] Texts(NO_PARAMETER);
        "/responseTemplates" [A R X] Templates(NO_CONTENT_TYPE);
        "/selectionPattern" [R] AnyText;
    GatewayResponse, Plain:
        "/statusCode" [R] Text;
        "/responseParameters" [A R X] Texts(NO_PARAMETER);
        "/responseTemplates" [A R X] Texts(NO_CONTENT_TYPE);
    Model, Listing:
        "/description" [R] Text;
        "/schema" [R] Text;
    RequestValidator, Listing:
        "/name" [R] Text;
        "/validateRequestParameters" [R] Boolean;
        "/validateRequestBody" [R] Boolean;
    Authorizer, Listing:
        "/authorizerUri" [R] Text;
        "/authorizerCredentials" [R] Text;
        "/authorizerResultTtlInSeconds" [R] Integer;
        "/authType" [R] Text;
        "/identitySource" [A R X] Text;
        "/identityValidationExpression" [R] Text;
        "/name" [R] Text;
        "/providerARNs" [A X] List;
        "/type" [R] Word(&["TOKEN", "REQUEST", "COGNITO_USER_POOLS"]);
    Deployment, Listing:
        "/description" [R] Text;
    DocumentationPart, Listing:
        "/properties" [R] Text;
    DocumentationVersion, Listing:
        "/description" [R] Text;
    DomainName, Listing:
        "/certificateArn" [A R X] Text;
        "/certificateName" [A R X] Text;
        "/endpointAccessMode" [R] Word(&["BASIC", "STRICT"]);
        "/endpointConfiguration/ipAddressType" [R] Word(&["ipv4", "dualstack"]);
        "/endpointConfiguration/types" [A R X] List;
        "/managementPolicy" [R] Text;
        "/mutualTlsAuthentication/truststoreUri" [A R X] Text;
        "/mutualTlsAuthentication/truststoreVersion" [A R X] Text;
        "/ownershipVerificationCertificateArn" [A R X] Text;
        "/policy" [R] Text;
        "/regionalCertificateArn" [A R X] Text;
        "/regionalCertificateName" [A R X] Text;
        "/routingMode" [R] Text;
        "/securityPolicy" [R] Text;
    ApiKey, Listing:
        "/customerId" [R] Text;
        "/description" [R] Text;
        "/enabled" [R] Boolean;
        "/labels" [A X] Ignored;
        "/name" [R] Text;
        "/stages" [A X] List;
    VpcLink, Listing:
        "/name" [R] AnyText;
        "/description" [R] Text;
    ClientCertificate, Listing:
        "/description" [R] Text;
    Account, Listing:
        "/cloudwatchRoleArn" [R] Text;
        "/features" [A X] List;
}
