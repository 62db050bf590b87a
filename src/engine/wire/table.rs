//! What a service's operations look like on the wire: the types of the generated tables in [`operations`](super::operations).

/// An AWS service as its public model describes it.
#[derive(Debug)]
pub struct Service {
    /// The model's name: `apigateway`, `cloudwatch`, `sts`.
    pub name: &'static str,
    /// The service name in a credential scope: `monitoring` for CloudWatch.
    pub signing_name: &'static str,
    /// The API version, a date.
    pub version: &'static str,
    /// What stands before the dot in `X-Amz-Target`, and in the path of RPC v2; `None` when the service has neither.
    pub target_prefix: Option<&'static str>,
    /// The namespace of Query answers; `None` when the service doesn't speak Query.
    pub xml_namespace: Option<&'static str>,
    /// What stands before `#` in the `__type` of RPC v2 errors.
    pub error_namespace: &'static str,
    /// Whether errors carry the code that the Query protocol would give, in `x-amzn-query-error`.
    pub query_compatible: bool,
    /// By name, in alphabetical order.
    pub operations: &'static [Operation],
    /// The service's own exceptions, in alphabetical order.
    pub errors: &'static [ErrorShape],
}

impl Service {
    /// The operation of that name.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&'static Operation> {
        self.operations
            .iter()
            .find(|operation| operation.name == name)
    }

    /// The exception of that name.
    #[must_use]
    pub fn error(&self, name: &str) -> Option<&'static ErrorShape> {
        self.errors.iter().find(|error| error.name == name)
    }
}

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// `CreateRestApi`.
    pub name: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The URI template, a constant query included: `/restapis?mode=import`, `/restapis/{restapi_id}`.
    pub uri: &'static str,
    /// The HTTP status of success.
    pub status: u16,
    /// What goes in.
    pub input: &'static Structure,
    /// What comes out; `None` for an answer without a body.
    pub output: Option<&'static Structure>,
}

/// An exception of a service.
#[derive(Debug)]
pub struct ErrorShape {
    /// The exception's name.
    pub name: &'static str,
    /// Its code in the Query protocol, which may be another.
    pub query_code: &'static str,
    /// Its HTTP status.
    pub status: u16,
}

/// A structure: named members in the model's order.
#[derive(Debug)]
pub struct Structure {
    /// The shape's name in the model.
    pub name: &'static str,
    /// In the model's order, which is the order of validation errors.
    pub members: &'static [Member],
}

impl Structure {
    /// The member with that name on the wire.
    #[must_use]
    pub fn member(&self, wire: &str) -> Option<&'static Member> {
        self.members.iter().find(|member| member.wire == wire)
    }

    /// The member that is the whole body.
    #[must_use]
    pub fn payload(&self) -> Option<&'static Member> {
        self.members
            .iter()
            .find(|member| member.place == Place::Payload)
    }
}

/// A member of a structure.
#[derive(Debug)]
pub struct Member {
    /// The name in the model, which validation errors print.
    pub name: &'static str,
    /// The name on the wire: JSON key, URI label, query parameter or header. Inputs and outputs are keyed by it.
    pub wire: &'static str,
    /// Where it travels in rest-json.
    pub place: Place,
    /// Whether the model requires it.
    pub required: bool,
    /// Its type.
    pub shape: Shape,
}

/// Where a member travels in rest-json.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A key of the JSON body.
    Body,
    /// The whole body.
    Payload,
    /// A label of the URI template.
    Label,
    /// A query parameter, repeated for lists.
    Query,
    /// All query parameters that no other member claims.
    QueryMap,
    /// A header.
    Header,
}

/// The type of a value.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A string.
    Text(&'static Text),
    /// True or false.
    Boolean,
    /// A 32-bit integer.
    Integer(&'static Limits),
    /// A 64-bit integer.
    Long(&'static Limits),
    /// A 64-bit float.
    Double(&'static Limits),
    /// A point in time.
    Timestamp,
    /// Bytes.
    Blob,
    /// A list.
    List(&'static List),
    /// A map with text keys.
    Map(&'static Map),
    /// A structure.
    Structure(&'static Structure),
}

/// A string's constraints.
#[derive(Debug)]
pub struct Text {
    /// The values of an enumeration; empty when any text will do.
    pub values: &'static [&'static str],
    /// A regular expression, in Java's dialect.
    pub pattern: Option<&'static str>,
    /// In characters.
    pub length: Limits,
}

impl Text {
    /// Any text.
    pub const FREE: Self = Self {
        values: &[],
        pattern: None,
        length: Limits::NONE,
    };
}

/// A list's element and length.
#[derive(Debug)]
pub struct List {
    /// The type of each element.
    pub element: Shape,
    /// In elements.
    pub length: Limits,
}

/// A map's value and size.
#[derive(Debug)]
pub struct Map {
    /// The type of each value.
    pub value: Shape,
    /// In entries.
    pub length: Limits,
}

/// Bounds, both inclusive.
#[derive(Debug)]
pub struct Limits {
    /// The least allowed.
    pub min: Option<i64>,
    /// The most allowed.
    pub max: Option<i64>,
}

impl Limits {
    /// No bounds.
    pub const NONE: Self = Self {
        min: None,
        max: None,
    };
}
