// The calls of the API as data, out of which `make_openapi` describes them. A call is written beside no
// handler: a test holds these tables against the router's, so that none is missing and none is made up.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/config.hpp"
#include "core/errc.hpp"
#include "core/image_format.hpp"

namespace dip::http {

using api_json =
    nlohmann::ordered_json;  // in the order in which it was written, so the text is always the same

// What of a node its description depends on.
struct api_facts {
  const config& conf;
  std::string origin;  // where the calls are, without a slash at the end
  format_set formats;  // what its codec reads and writes
};

struct api_answer {
  int status = 200;
  std::string text;
  std::vector<std::string> headers = {};  // names in `header_components`
  api_json content = {};                  // media type to {schema, example}; null: there is no body
};

struct api_call {
  std::string method;
  std::string pattern;  // as the router has it
  std::string path;     // as OpenAPI has it: every brace takes one segment
  std::string id;       // operationId
  std::string tag;
  std::string summary;
  std::string text;
  std::vector<std::string> parameters = {};  // names in `parameter_components`
  api_json body = {};                        // requestBody; null: there is none
  std::vector<api_answer> answers;
  std::vector<errc> errors = {};  // beside those that any call can end in
  std::string scope = {};         // that its key needs, where keys are asked for; empty: it is open to all
  bool sometimes = false;         // a file in a public bucket needs no key
  bool counted = true;            // towards the limits of how often somebody may call
};

[[nodiscard]] std::vector<api_call> file_calls(const api_facts& facts);
[[nodiscard]] std::vector<api_call> request_calls(const api_facts& facts);
[[nodiscard]] std::vector<api_call> notification_calls(const api_facts& facts);
[[nodiscard]] std::vector<api_call> operator_calls(const api_facts& facts);
[[nodiscard]] std::vector<api_call> node_calls(const api_facts& facts);
// All of them, in the order of the description.
[[nodiscard]] std::vector<api_call> api_calls(const api_facts& facts);

}  // namespace dip::http
