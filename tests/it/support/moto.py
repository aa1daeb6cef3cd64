"""Starts moto 5.2.5 with corrections, without which the kinds that they are about could not be tested on it."""

import os
import re
import sys
from xml.sax.saxutils import unescape

# Certificates are issued by the clock, whatever is in DNS: a look later, so that they are pending first.
os.environ["MOTO_ACM_VALIDATION_WAIT"] = "0"

from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.vpcs import VPCBackend, VPCEndPoint
from moto.rds.models import RDSBackend
from moto.s3.responses import S3Response
from moto.server import main

# The filter vpc-endpoint-id is answered by HTTP 500.
filter_value = VPCEndPoint.get_filter_value
VPCEndPoint.get_filter_value = lambda self, name, method=None: (
    self.id if name == "vpc-endpoint-id" else filter_value(self, name, method)
)

# A deleted NAT gateway never gives its address back.
delete_nat_gateway = NatGatewayBackend.delete_nat_gateway


def delete_and_release(self, nat_gateway_id):
    gateway = delete_nat_gateway(self, nat_gateway_id)
    for address in gateway.address_set:
        for eip in self.address_by_allocation([address["allocationId"]]):
            eip.association_id = eip.eni = None
    return gateway


NatGatewayBackend.delete_nat_gateway = delete_and_release

# A gateway endpoint that got another route table later cannot be deleted, because moto made no route there.
delete_vpc_endpoints = VPCBackend.delete_vpc_endpoints


def delete_without_routes(self, vpce_ids=None):
    for endpoint in vpce_ids or []:
        if endpoint in self.vpc_end_points:
            self.vpc_end_points[endpoint].route_table_ids = []
    delete_vpc_endpoints(self, vpce_ids)


VPCBackend.delete_vpc_endpoints = delete_without_routes

# A change of a subnet group of the database takes the group away.
modify_db_subnet_group = RDSBackend.modify_db_subnet_group


def modify_and_keep(self, subnet_name, description, subnets):
    group = modify_db_subnet_group(self, subnet_name, description, subnets)
    self.subnet_groups[subnet_name] = group
    return group


RDSBackend.modify_db_subnet_group = modify_and_keep

# A bucket forgets the tags that it is made with.
put_bucket = S3Response._bucket_response_put


def put_and_tag(self, request, bucket_name, querystring):
    answer = put_bucket(self, request, bucket_name, querystring)
    if not querystring:
        tag = rb"<Tag>\s*<Key>(.*?)</Key>\s*<Value>(.*?)</Value>\s*</Tag>"
        text = self.body if isinstance(self.body, bytes) else self.body.encode()
        tags = {unescape(key.decode()): unescape(value.decode()) for key, value in re.findall(tag, text)}
        if tags:
            self.backend.put_bucket_tagging(bucket_name, tags)
    return answer


S3Response._bucket_response_put = put_and_tag

main(sys.argv[1:])
