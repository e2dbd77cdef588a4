// Parts of a response (RFC 9110, section 14): a download that was cut short goes on where it was.
#pragma once
#include "net/message.hpp"

namespace lorahub::net {

// The response with the part that the request's `Range` names alone: 206 with Content-Range, or 416
// where there is no such part. One range of bytes is understood; any other request gets the whole.
HttpResponse ranged(const HttpRequest& request, HttpResponse whole);

}  // namespace lorahub::net
