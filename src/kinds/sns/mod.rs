//! Simple Notification Service: the mails that tell people of the site.

pub mod topic;

pub mod subscription;
