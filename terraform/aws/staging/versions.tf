terraform {
  required_version = ">= 1.11"

  required_providers {
    # 6.47 has jwt_validation, mutual_authentication and the ECS deployment alarms that this folder
    # uses; 7 may rename arguments.
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.47.0, < 7.0.0"
    }
  }
}
