/// What wallets and explorers show of a site.
module walrus_site::metadata;

use std::string::String;

public struct Metadata has copy, drop, store {
    link: Option<String>,
    image_url: Option<String>,
    description: Option<String>,
    project_url: Option<String>,
    creator: Option<String>,
}

public fun new_metadata(
    link: Option<String>,
    image_url: Option<String>,
    description: Option<String>,
    project_url: Option<String>,
    creator: Option<String>,
): Metadata {
    Metadata { link, image_url, description, project_url, creator }
}

public fun link(self: &Metadata): Option<String> { self.link }

public fun image_url(self: &Metadata): Option<String> { self.image_url }

public fun description(self: &Metadata): Option<String> { self.description }

public fun project_url(self: &Metadata): Option<String> { self.project_url }

public fun creator(self: &Metadata): Option<String> { self.creator }

public fun set_link(self: &mut Metadata, link: Option<String>) { self.link = link }

public fun set_image_url(self: &mut Metadata, image_url: Option<String>) {
    self.image_url = image_url
}

public fun set_description(self: &mut Metadata, description: Option<String>) {
    self.description = description
}

public fun set_project_url(self: &mut Metadata, project_url: Option<String>) {
    self.project_url = project_url
}

public fun set_creator(self: &mut Metadata, creator: Option<String>) { self.creator = creator }
