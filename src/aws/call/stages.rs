//! Writes of deployments and stages.

use crate::aws::call::{Answer, CacheSize, DeploymentCanary, Id, calls};
use crate::aws::convert::text;
use crate::aws::patch::Patch;
use crate::model::{CanarySettings, Map};

calls! {
    /// Freezes the API as it is, and puts it on a stage.
    CreateDeployment: create_deployment {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// A stage, made if it doesn't exist.
        stage_name / set_stage_name: Option<String>,
        /// The stage's description.
        stage_description / set_stage_description: Option<String>,
        /// The deployment's description.
        description / set_description: Option<String>,
        /// Whether the stage has a cache.
        cache_cluster_enabled / set_cache_cluster_enabled: Option<bool>,
        /// The cache's size.
        cache_cluster_size / set_cache_cluster_size: Option<CacheSize>,
        /// Stage variables.
        variables / set_variables: Map<String>,
        /// Puts the deployment on the stage's canary instead of its base.
        canary_settings / set_canary_settings: Option<DeploymentCanary>,
        /// Whether the stage is traced.
        tracing_enabled / set_tracing_enabled: Option<bool>,
    } => |out| Answer::Id(text(out.id));

    /// Changes a deployment's description.
    UpdateDeployment: update_deployment {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The deployment.
        deployment_id / set_deployment_id: Id,
        /// The changes.
        patch_operations / set_patch_operations: Vec<Patch>,
    } => |_| Answer::Done;

    /// Deletes a deployment that no stage uses.
    DeleteDeployment: delete_deployment {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The deployment.
        deployment_id / set_deployment_id: Id,
    } => |_| Answer::Done;

    /// Puts a deployment on a new stage.
    CreateStage: create_stage {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// Unique in the API.
        stage_name / set_stage_name: String,
        /// The deployment.
        deployment_id / set_deployment_id: Id,
        /// Shown to people.
        description / set_description: Option<String>,
        /// Whether it has a cache.
        cache_cluster_enabled / set_cache_cluster_enabled: Option<bool>,
        /// The cache's size.
        cache_cluster_size / set_cache_cluster_size: Option<CacheSize>,
        /// Stage variables.
        variables / set_variables: Map<String>,
        /// The documentation shown with it.
        documentation_version / set_documentation_version: Option<String>,
        /// Its canary.
        canary_settings / set_canary_settings: Option<CanarySettings>,
        /// Whether it is traced.
        tracing_enabled / set_tracing_enabled: Option<bool>,
        /// Tags.
        tags / set_tags: Map<String>,
    } => |_| Answer::Done;

    /// Changes a stage.
    UpdateStage: update_stage {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The stage.
        stage_name / set_stage_name: String,
        /// The changes.
        patch_operations / set_patch_operations: Vec<Patch>,
    } => |_| Answer::Done;

    /// Deletes a stage.
    DeleteStage: delete_stage {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The stage.
        stage_name / set_stage_name: String,
    } => |_| Answer::Done;

    /// Empties a stage's cache.
    FlushStageCache: flush_stage_cache {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The stage.
        stage_name / set_stage_name: String,
    } => |_| Answer::Done;

    /// Forgets what a stage's authorizers decided.
    FlushStageAuthorizersCache: flush_stage_authorizers_cache {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The stage.
        stage_name / set_stage_name: String,
    } => |_| Answer::Done;
}
