//! Writes of usage plans.

use crate::aws::call::{Answer, Id, calls};
use crate::aws::convert::text;
use crate::aws::patch::Patch;
use crate::model::{ApiStage, Map, QuotaSettings, ThrottleSettings};

calls! {
    /// Creates a usage plan.
    CreateUsagePlan: create_usage_plan {
        /// Shown to people.
        name / set_name: String,
        /// Shown to people.
        description / set_description: Option<String>,
        /// The stages that its keys open.
        api_stages / set_api_stages: Vec<ApiStage>,
        /// Per key.
        throttle / set_throttle: Option<ThrottleSettings>,
        /// Per key.
        quota / set_quota: Option<QuotaSettings>,
        /// Tags.
        tags / set_tags: Map<String>,
    } => |out| Answer::Id(text(out.id));

    /// Changes a usage plan.
    UpdateUsagePlan: update_usage_plan {
        /// The plan.
        usage_plan_id / set_usage_plan_id: Id,
        /// The changes.
        patch_operations / set_patch_operations: Vec<Patch>,
    } => |_| Answer::Done;

    /// Deletes a usage plan that has no stages.
    DeleteUsagePlan: delete_usage_plan {
        /// The plan.
        usage_plan_id / set_usage_plan_id: Id,
    } => |_| Answer::Done;

    /// Puts a key in a plan.
    CreateUsagePlanKey: create_usage_plan_key {
        /// The plan.
        usage_plan_id / set_usage_plan_id: Id,
        /// The key.
        key_id / set_key_id: Id,
        /// `API_KEY`
        key_type / set_key_type: String,
    } => |_| Answer::Done;

    /// Takes a key out of a plan.
    DeleteUsagePlanKey: delete_usage_plan_key {
        /// The plan.
        usage_plan_id / set_usage_plan_id: Id,
        /// The key.
        key_id / set_key_id: Id,
    } => |_| Answer::Done;

    /// Sets what is left of a key's quota in this period.
    UpdateUsage: update_usage {
        /// The plan.
        usage_plan_id / set_usage_plan_id: Id,
        /// The key.
        key_id / set_key_id: Id,
        /// The changes.
        patch_operations / set_patch_operations: Vec<Patch>,
    } => |_| Answer::Done;
}
