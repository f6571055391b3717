-- For wrk: uploads of the file that BODY names. Who is refused waits as long as Retry-After says, as a well-behaved
-- client does; which of the connections waits is not known here, how many do is.
local body = io.open(os.getenv("BODY"), "rb")
wrk.method = "POST"
wrk.body = body:read("*a")
wrk.headers["Content-Type"] = "image/png"
body:close()

local refused = {}
if os.getenv("PATIENT") then
  function response(status, headers)
    if status == 503 or status == 429 then
      refused[#refused + 1] = (tonumber(headers["Retry-After"]) or 1) * 1000
    end
  end
  function delay()
    return table.remove(refused) or 0
  end
end
