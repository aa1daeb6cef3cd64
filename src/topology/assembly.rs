//! Puts the tiers together: each is added to the graph behind those that it needs, and gets what they offer.

use std::collections::BTreeSet;

use super::network::Visitors;
use super::{Build, Facts, Files, Front, Issued, LoadBalancer, Question, Target, Topology};
use super::{bastion, boot, cache, cdn, database, dns, load_balancer, moodle, site, watch, web};
use crate::graph::Graph;
use crate::kind::Text;
use crate::kind::values::Tags;

impl Topology {
    /// Returns what must be known of the account before there is a graph ([`Facts::knowing`]).
    #[must_use]
    pub fn questions(&self) -> BTreeSet<Question> {
        let of_balancer = self.load_balancer.iter().filter_map(LoadBalancer::questions);
        dns::questions(self).into_iter().chain(of_balancer).chain(moodle::question(self)).collect()
    }

    /// Returns the resources that the spec asks for.
    #[must_use]
    pub fn graph(&self, facts: &Facts) -> Graph {
        self.build(facts).graph
    }

    /// Returns the graph with what was learnt while it was built.
    pub(super) fn build<'a>(&'a self, facts: &'a Facts) -> Build<'a> {
        let certified = self.certificate.is_some();
        let visitors = self.load_balancer.as_ref().map(|it| it.visitors(facts, certified));
        let mut build = Build {
            graph: Graph::default(),
            facts,
            stack: &self.name,
            tags: Tags(self.tags.clone()),
            engine: self.database.as_ref().map_or(database::Engine::Postgresql, |it| it.engine),
            visitors: visitors.unwrap_or(Visitors::Nobody),
            boots: None,
        };
        let cx = &mut build;
        let site = self.site.as_ref();
        let places = self.network.as_ref().map(|network| network.add_to(cx));
        let zone = dns::zone(cx, self);
        let issued = self.certificate.as_ref();
        let issued = issued.map(|it| it.add_to(cx, site, zone.as_ref(), self.cdn.is_some()));
        let wizard = moodle::waits_for_wizard(cx, self);
        let inputs = load_balancer::Inputs { certificate: issued.as_ref().map(|it| it.here.clone()), patient: wizard };
        let balancer = self.load_balancer.as_ref().map(|it| it.add_to(cx, places.as_ref(), &inputs));
        let front = self.front(cx, balancer.as_ref(), issued.as_ref());
        if let Some(dns) = &self.dns {
            dns.add_to(cx, site, zone.as_ref(), &front);
        }
        let url = site::url(site, &front);
        if let Some(url) = &url {
            cx.output("url", url);
        }
        if let Some(record) = site::record_by_hand(site, &front).filter(|_| self.dns.is_none()) {
            cx.output("create-record-site", &record);
        }
        let database = self.database.as_ref().map(|it| it.add_to(cx, places.as_ref()));
        let shared = self.files.as_ref().map(|files| files.add_to(cx, places.as_ref()));
        let stores = cache::add(cx, &self.caches, places.as_ref());
        let mut fleet = None;
        if let (Some(web), Some(places)) = (&self.web, &places) {
            let parts = moodle::Parts {
                balancer: balancer.as_ref(),
                front: &front,
                database: database.as_ref(),
                shared: shared.as_ref(),
                stores: &stores,
            };
            let admin = moodle::administrator(cx, self, &parts);
            let needs = web::Needs {
                places,
                target_group: balancer.as_ref().map(|it| it.target_group.clone()),
                label: balancer
                    .as_ref()
                    .map(|it| Text::concat([it.full_name.clone(), "/".into(), it.target_group_full_name.clone()])),
                listeners: balancer.as_ref().map(|it| it.listeners.clone()).unwrap_or_default(),
                database: database.as_ref(),
                shared: shared.as_ref(),
                stores: &stores,
                secrets: admin.iter().cloned().collect(),
                keys: moodle::keys(self),
                objects: moodle::objects(cx, site),
                url,
            };
            let ground = web.prepare(cx, &needs);
            let boots = moodle::instance(cx, self, &parts, admin, ground.log_group.text());
            let runs = boots.as_ref().map(|it| web::Moodle {
                build: crate::runtime::build(it),
                user_data: boot::user_data(cx, &ground, it),
                wizard,
            });
            cx.boots = boots;
            fleet = Some((web.add_to(cx, &needs, &ground, runs.as_ref()), web.scale.max));
        }
        if let (Some(bastion), Some(places)) = (&self.bastion, &places) {
            bastion.add_to(cx, &bastion::Needs { places, shared: shared.as_ref() });
        }
        let tells = self.files.as_ref().is_some_and(Files::tells);
        let topic = watch::add_topic(cx, self.watch.as_ref(), tells);
        let watched = watch::Watched {
            database: self.database.as_ref(),
            caches: &self.caches,
            files: self.files.as_ref(),
            file_system: shared.as_ref().map(|it| it.file_system.clone()),
            load_balancer: balancer
                .map(|it| watch::LoadBalanced { full_name: it.full_name, target_group: it.target_group_full_name }),
            web: fleet.map(|(fleet, max)| watch::Servers { group: fleet.group, max }),
            topic,
        };
        watch::add(cx, self.watch.as_ref(), &watched);
        build
    }

    /// Adds the CDN, where there is one, and returns what visitors meet.
    fn front(&self, cx: &mut Build<'_>, balancer: Option<&load_balancer::Balancer>, issued: Option<&Issued>) -> Front {
        let load_balancer = balancer.map(|it| Target { name: it.dns_name.clone(), zone_id: it.zone_id.clone() });
        let cdn = self.cdn.as_ref().zip(balancer).map(|(cdn, balancer)| {
            let origin = cdn::Origin {
                dns_name: balancer.dns_name.clone(),
                https: issued.is_some(),
                secret: balancer.origin_secret.clone(),
                domain: self.site.as_ref().and_then(|it| it.domain.clone()),
                certificate: issued.and_then(|it| it.cdn.clone()),
            };
            let edge = cdn.add_to(cx, &origin);
            Target { name: edge.domain_name, zone_id: edge.zone_id.into() }
        });
        Front { certificate: issued.is_some(), cdn, load_balancer }
    }
}
