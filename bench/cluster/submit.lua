-- For wrk: requests for the file whose key FILE names.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"file":"' .. os.getenv("FILE") .. '","operations":[{"op":"resize","width":64}]}'
