// SPDX-License-Identifier: GPL-2.0-only
/* VXLAN over a tap. */
#include "testlib_tunnel.h"
#include "testlib_req.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <netinet/udp.h>
#include <string.h>

#define VXLAN_LEN	8
#define VXLAN_VALID	0x08000000	/* "there is a network identifier" */
#define OUTER_PORT	50000

void tunnel_build(struct vnet_pkt *p, struct tunnel_pkt *where,
		  const struct tunnel_spec *spec, int type, int size)
{
	static struct vnet_pkt inner;
	struct vnet_spec in = spec->inner;
	struct vnet_spec out = {
		.eth = true, .ip6 = spec->ip6, .proto = IPPROTO_UDP,
		.sport = OUTER_PORT, .dport = TUNNEL_PORT,
	};
	uint32_t vxlan[] = { htonl(VXLAN_VALID), htonl(TUNNEL_ID << 8) };
	size_t shift;
	uint16_t sum;

	in.eth = true;
	in.src = in.src ?: TUNNEL_FAR;
	in.dst = in.dst ?: TUNNEL_NEAR;
	vnet_build(&inner, &in);
	if (type)
		vnet_gso(&inner, type, size);
	out.len = VXLAN_LEN + inner.len;
	vnet_build(p, &out);
	where->outer_l3 = p->l3;
	where->outer_l4 = p->l4;
	where->inner_eth = shift = p->data + VXLAN_LEN;
	where->inner_l3 = shift + inner.l3;
	memcpy(p->buf + p->data, vxlan, VXLAN_LEN);
	memcpy(p->buf + shift, inner.buf, inner.len);
	/* leaves the sum of the pseudo header in the outer checksum */
	vnet_partial(p);
	memset(&p->hdr, 0, sizeof(p->hdr));
	sum = 0;
	if (spec->csum && !type)
		sum = pkt_csum(p->buf + p->l4, p->len - p->l4, 0);
	if (!spec->csum || !type)
		memcpy(p->buf + p->l4 + 6, &sum, 2);
	if (type) {
		p->hdr = inner.hdr;
		p->hdr.csum_start += shift;
		p->hdr.hdr_len += shift;
		p->hdr.gso_type |= spec->ip6 ?
				   VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6 :
				   VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4;
		if (spec->csum)
			p->hdr.flags |= VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM;
		p->hdr.outer_th = where->outer_l4;
		p->hdr.inner_nh = where->inner_l3;
	}
	p->data = shift + inner.data;
}

int tunnel_parse(const struct vnet_pkt *p, struct vnet_pkt *inner,
		 bool *partial_outer)
{
	size_t l4 = p->buf[ETH_HLEN] >> 4 == 6 ? 54 : 34;
	struct vnet_seen seen;
	uint32_t vxlan[2];
	int err;

	err = vnet_parse(p->buf, p->len, true, &seen);
	/* no checksum is fine for IPv4, and for IPv6 in a tunnel */
	if (err == -EBADMSG && !p->buf[l4 + 6] && !p->buf[l4 + 7])
		err = 0;
	if (err)
		return err;
	*partial_outer = seen.partial;
	memcpy(vxlan, p->buf + seen.data, sizeof(vxlan));
	if (seen.dport != TUNNEL_PORT || ntohl(vxlan[0]) != VXLAN_VALID ||
	    ntohl(vxlan[1]) != TUNNEL_ID << 8)
		return -EPROTO;
	memset(inner, 0, offsetof(struct vnet_pkt, buf));
	inner->hdr = p->hdr;
	inner->len = p->len - seen.data - sizeof(vxlan);
	memcpy(inner->buf, p->buf + seen.data + sizeof(vxlan), inner->len);
	return 0;
}

static void tunnel_put_ip6(struct req *r, int attr, uint32_t addr)
{
	uint8_t ip6[16] = { 0xfd };
	const uint32_t last = htonl(addr);

	memcpy(ip6 + 12, &last, sizeof(last));
	mnl_attr_put(r->nlh, attr, sizeof(ip6), ip6);
}

static int tunnel_add(bool ip6, bool csum)
{
	struct nlattr *info, *data;
	struct req r;

	req_start(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	mnl_attr_put_strz(r.nlh, IFLA_IFNAME, TUNNEL_NAME);
	info = mnl_attr_nest_start(r.nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(r.nlh, IFLA_INFO_KIND, "vxlan");
	data = mnl_attr_nest_start(r.nlh, IFLA_INFO_DATA);
	mnl_attr_put_u32(r.nlh, IFLA_VXLAN_ID, TUNNEL_ID);
	mnl_attr_put_u32(r.nlh, IFLA_VXLAN_LINK, link_index(IO_NAME));
	mnl_attr_put_u16(r.nlh, IFLA_VXLAN_PORT, htons(TUNNEL_PORT));
	mnl_attr_put_u8(r.nlh, IFLA_VXLAN_LEARNING, 0);
	if (ip6) {
		tunnel_put_ip6(&r, IFLA_VXLAN_LOCAL6, VNET_NEAR);
		tunnel_put_ip6(&r, IFLA_VXLAN_GROUP6, VNET_FAR);
		mnl_attr_put_u8(r.nlh, IFLA_VXLAN_UDP_ZERO_CSUM6_TX, !csum);
		mnl_attr_put_u8(r.nlh, IFLA_VXLAN_UDP_ZERO_CSUM6_RX, 1);
	} else {
		mnl_attr_put_u32(r.nlh, IFLA_VXLAN_LOCAL, htonl(VNET_NEAR));
		mnl_attr_put_u32(r.nlh, IFLA_VXLAN_GROUP, htonl(VNET_FAR));
		mnl_attr_put_u8(r.nlh, IFLA_VXLAN_UDP_CSUM, csum);
	}
	mnl_attr_nest_end(r.nlh, data);
	mnl_attr_nest_end(r.nlh, info);
	return req_send(&r);
}

int tunnel_open(bool ip6, bool csum)
{
	int err;

	if ((err = link_set_addr(IO_NAME, pkt_mac_b, ETH_ALEN)) ||
	    (err = vnet_address(IO_NAME, VNET_NEAR)) ||
	    (err = vnet_neigh(IO_NAME, VNET_FAR, pkt_mac_a)) ||
	    (err = tunnel_add(ip6, csum)) ||
	    (err = link_set_addr(TUNNEL_NAME, pkt_mac_b, ETH_ALEN)) ||
	    (err = link_up(TUNNEL_NAME)) ||
	    (err = vnet_address(TUNNEL_NAME, TUNNEL_NEAR)))
		return err;
	return vnet_neigh(TUNNEL_NAME, TUNNEL_FAR, pkt_mac_a);
}
