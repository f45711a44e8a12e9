// Follows a run's log. Without this the page is loaded anew by hand; nothing else is lost.
const log = document.querySelector("[data-follow]");
if (log && log.dataset.follow) {
  const source = new EventSource(log.dataset.follow);
  source.onmessage = (message) => {
    const told = JSON.parse(message.data);
    const line = document.createElement("li");
    const time = document.createElement("time");
    time.dateTime = told.at;
    time.textContent = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: "Asia/Jerusalem" }).format(new Date(told.at));
    const text = document.createElement("span");
    text.textContent = told.text;
    line.append(time, " ", text);
    log.append(line);
  };
  source.addEventListener("end", () => {
    source.close();
    location.reload();
  });
}
