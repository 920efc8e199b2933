// SPDX-License-Identifier: GPL-2.0-or-later
// Sockets that receive only what a filter in the kernel lets through (classic BPF, socket(7)).
#pragma once
#include <linux/filter.h>

#include <span>

#include "base/error.h"
#include "base/fd.h"

namespace situp {

/// Throws an Error with this subject.
void attach_filter(int socket, std::span<sock_filter> program, const char* what);

/// Receives the packets that pass the filter, both ways, from their network header on, and never
/// blocks (packet(7)). `ifindex` 0: of all devices. Throws an Error: no such device, or
/// (Exit::not_permitted) no CAP_NET_RAW.
Fd open_packet_socket(std::span<sock_filter> program, int ifindex);

}  // namespace situp
