# The second step: the event subscriptions that send the events of images and of image versions to the function. Apply it after the
# code is published; applying it again changes nothing.

module "images" {
  source = "../modules/image-events"

  system_topic_id        = var.system_topic_id
  function_app_id        = var.function_app_id
  dead_letter_storage_id = var.dead_letter_storage_id
  environment_name       = var.environment_name
}

module "versions" {
  source = "../modules/version-events"

  system_topic_id  = var.system_topic_id
  function_app_id  = var.function_app_id
  environment_name = var.environment_name
}
