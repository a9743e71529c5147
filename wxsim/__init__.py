"""wxsim stands in for WeChat's servers (mini-program API and WeChat Pay v3) on this machine.

It checks what the platforms check, answers and notifies as they do, signs with its own platform keys and keeps its own
books. It shares no code with the shop, so that both cannot be wrong in the same way. Start it with `python -m wxsim`.
"""
