"""What goes over the wire, in OpenAI's shapes where OpenAI has one."""
