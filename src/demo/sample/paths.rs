//! The sample's resources and what their methods do.

use super::method::{Answer, Method};

/// A resource of the sample.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// The whole path.
    pub(super) path: &'static str,
    /// What can be done there.
    pub(super) methods: Vec<Method>,
}

/// What was there from the beginning: pets.
pub(super) fn pets() -> Vec<Path> {
    vec![
        Path {
            path: "/",
            methods: vec![
                Method::mock("GET").named("Welcome").answer(
                    Answer::new("200")
                        .header("Content-Type", "'text/html'")
                        .template("text/html", include_str!("../templates/welcome.vtl")),
                ),
            ],
        },
        Path {
            path: "/health",
            methods: vec![
                Method::mock("GET").named("Health").answer(
                    Answer::new("200").body("Empty", include_str!("../templates/health.vtl")),
                ),
            ],
        },
        Path {
            path: "/pets",
            methods: vec![
                Method::http("GET", "/pets")
                    .named("ListPets")
                    .passes("querystring.type", "querystring.kind")
                    .passes("querystring.limit", "querystring.limit")
                    .answer(
                        Answer::new("200")
                            .header("Cache-Control", "'max-age=5'")
                            .header("X-Release", "stageVariables.release")
                            .body("Pets", include_str!("../templates/list-pets.vtl")),
                    )
                    .out_of_order(),
                Method::http("POST", "/pets")
                    .named("CreatePet")
                    .key()
                    .takes("NewPet")
                    .sends("header.X-Stage", "context.stage")
                    .template(include_str!("../templates/create-pet.vtl"))
                    .answer(Answer::new("201").body("Pet", include_str!("../templates/pet.vtl")))
                    .refusals(&["400"])
                    .out_of_order(),
                Method::preflight("GET,POST,OPTIONS"),
            ],
        },
        Path {
            path: "/pets/{petId}",
            methods: vec![
                Method::http("GET", "/pets/{petId}")
                    .named("GetPet")
                    .passes("path.petId", "path.petId")
                    .answer(
                        Answer::new("200")
                            .header("X-Release", "stageVariables.release")
                            .body("Pet", include_str!("../templates/pet.vtl")),
                    )
                    .refusals(&["404"])
                    .out_of_order(),
                Method::http("DELETE", "/pets/{petId}")
                    .named("DeletePet")
                    .key()
                    .passes("path.petId", "path.petId")
                    .answer(Answer::new("204"))
                    .refusals(&["404"])
                    .out_of_order(),
                Method::preflight("GET,DELETE,OPTIONS"),
            ],
        },
    ]
}

/// What came then: orders.
pub(super) fn orders() -> Vec<Path> {
    vec![
        Path {
            path: "/orders",
            methods: vec![
                Method::http("GET", "/orders")
                    .named("ListOrders")
                    .key()
                    .answer(
                        Answer::new("200")
                            .body("Orders", include_str!("../templates/list-orders.vtl")),
                    )
                    .out_of_order(),
                Method::http("POST", "/orders")
                    .named("CreateOrder")
                    .key()
                    .takes("Cart")
                    .sends("header.X-Stage", "context.stage")
                    .sends("header.X-Request", "context.requestId")
                    .template(include_str!("../templates/create-order.vtl"))
                    .answer(
                        Answer::new("201").body("Order", include_str!("../templates/order.vtl")),
                    )
                    .refusals(&["400"])
                    .out_of_order(),
                Method::preflight("GET,POST,OPTIONS"),
            ],
        },
        Path {
            path: "/orders/{orderId}",
            methods: vec![
                Method::http("GET", "/orders/{orderId}")
                    .named("GetOrder")
                    .key()
                    .passes("path.orderId", "path.orderId")
                    .answer(
                        Answer::new("200").body("Order", include_str!("../templates/order.vtl")),
                    )
                    .refusals(&["404"])
                    .out_of_order(),
            ],
        },
    ]
}

/// What came last: reports, which the shop writes in a form that needs no mapping.
pub(super) fn reports() -> Vec<Path> {
    vec![
        Path {
            path: "/reports",
            methods: Vec::new(),
        },
        Path {
            path: "/reports/{proxy+}",
            methods: vec![
                Method::http_proxy("ANY", "/reports/{proxy}")
                    .named("Reports")
                    .key()
                    .passes("path.proxy", "path.proxy")
                    .sends("header.X-Stage", "context.stage"),
            ],
        },
    ]
}
